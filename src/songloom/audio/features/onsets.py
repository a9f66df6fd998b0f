"""Where notes begin: spectral flux over mel bands, and the onsets it shows."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from songloom.audio.features.signal import ANALYSIS_RATE, analysis_signal
from songloom.audio.spectrogram import Stft, mel_filters, mel_spectrogram

STFT = Stft(1024, 220)
FRAME_RATE = ANALYSIS_RATE / STFT.hop_length  # about 100 frames per second
BANDS = 64
COMPRESSION = 5.0  # strong enough for soft notes, weak enough to hear accents


def compressed_mel(wave: Tensor, sample_rate: int) -> Tensor:
    """log(1 + 5 x) of the mel amplitudes [M, F] of a wave, scaled so that its loudest band is 1."""
    magnitude = STFT.magnitude(analysis_signal(wave, sample_rate))
    mel = mel_spectrogram(magnitude, mel_filters(ANALYSIS_RATE, STFT.n_fft, BANDS, low=30.0), power=1.0)
    return torch.log1p(COMPRESSION * mel / mel.amax().clamp_min(1e-6))


def flux(mel: Tensor, *, lag: int = 2) -> Tensor:
    """Rise of each band [M, F] over `lag` frames, against the highest of three neighbours, so that a vibrato
    is no onset (SuperFlux, Boeck & Widmer 2013)."""
    widest = functional.max_pool1d(mel.T, 3, 1, 1).T
    rise = (mel[:, lag:] - widest[:, :-lag]).clamp_min(0)
    return functional.pad(rise, (lag, 0))


def onset_envelope(wave: Tensor, sample_rate: int) -> np.ndarray:
    """Onset strength [F] at FRAME_RATE frames per second, of unit deviation; zeros for silence or a steady sound."""
    strength = flux(compressed_mel(wave, sample_rate)).mean(0).double().numpy()
    return strength / deviation if (deviation := float(strength.std())) > 1e-6 else np.zeros_like(strength)


def onset_times(wave: Tensor, sample_rate: int, *, threshold: float = 0.5) -> np.ndarray:
    """Seconds at which something begins: peaks of the envelope within 30 ms that stand `threshold` above the
    mean of 200 ms (peak picking after Boeck, Krebs & Schedl 2012)."""
    envelope = onset_envelope(wave, sample_rate)
    if not envelope.any():
        return np.zeros(0)
    around = torch.from_numpy(envelope)[None]
    peak = functional.max_pool1d(around, 7, 1, 3)[0].numpy()
    mean = functional.avg_pool1d(around, 21, 1, 10, count_include_pad=False)[0].numpy()
    chosen = np.flatnonzero((envelope == peak) & (envelope > mean + threshold))
    return chosen / FRAME_RATE


def onset_density(wave: Tensor, sample_rate: int) -> float:
    """Onsets per second."""
    return len(onset_times(wave, sample_rate)) * sample_rate / wave.shape[-1]
