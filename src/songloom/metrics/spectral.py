"""How far a copy's spectrum is from the original's: mel bands in dB, log magnitudes, spectral convergence.

Both waves are [..., T] at one rate and of one length, lined up in time (`lined_up`). Where nothing else is said,
spectra are amplitudes of an STFT with Hann windows of 2048 samples every 512, never scaled by the window's sum. None of
these measures sees phases, so they hold for codecs that do not keep any.
"""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor

from songloom.audio.spectrogram import Stft, mel_filters, mel_spectrogram
from songloom.objectives.reconstruction import MelScales, level_distance, log_distance, magnitudes

STFT = Stft(2048, 512)
MEL_BANDS = 128
QUIET = 1e-4
"""The floor of mel amplitudes that codecs are commonly compared with: near the noise of 16-bit samples."""


def mel_amplitudes(wave: Tensor, sample_rate: int) -> Tensor:
    """Bands [..., M, F] of a wave [..., T]: 128 Slaney mel filters of unit area over STFT amplitudes (librosa's
    `melspectrogram(power=1)`)."""
    filters = mel_filters(sample_rate, STFT.n_fft, MEL_BANDS)
    return mel_spectrogram(STFT.magnitude(wave), filters, power=1.0)


def mel_distance(made: Tensor, true: Tensor, sample_rate: int, *, floor: float = QUIET) -> float:
    """Mean |20 log10(max(mel(made), floor)) - 20 log10(max(mel(true), floor))|, in dB."""
    check_alike(made, true)
    return _decibel_distance(mel_amplitudes(made, sample_rate), mel_amplitudes(true, sample_rate), floor)


def audible_mel_distance(made: Tensor, true: Tensor, sample_rate: int, *, depth: float = 60.0) -> float:
    """`mel_distance` with a floor `depth` dB below the loudest mel value of `true`: what happens in gaps that nobody
    hears, where a fixed floor lets tens of dB count, counts for nothing. Raises ValueError when `true` is silent."""
    check_alike(made, true)
    bands = mel_amplitudes(true, sample_rate)
    return _decibel_distance(mel_amplitudes(made, sample_rate), bands, _below(bands, depth))


def log_stft_distance(made: Tensor, true: Tensor, *, depth: float = 80.0) -> float:
    """Mean |ln S(made) - ln S(true)| over all frequencies and frames (Arik, Jun & Diamos 2018, eq. 3), both not below
    `depth` dB under the largest amplitude of `true`. Raises ValueError when `true` is silent."""
    check_alike(made, true)
    copy, original = STFT.magnitude(made), STFT.magnitude(true)
    floor = _below(original, depth)
    return float((copy.clamp_min(floor).log() - original.clamp_min(floor).log()).abs().mean())


def multi_scale_mel_distance(made: Tensor, true: Tensor, sample_rate: int) -> float:
    """DAC's mel distance (Kumar et al. 2023, arXiv 2306.06546, sections 3.5 and 4.2): the sum over seven window lengths
    from 32 to 2048 of mean |log10 mel(made) - log10 mel(true)|, amplitudes of 5 to 320 bands not below 1e-5.

    Raises ValueError for waves of 1024 samples or fewer, since the spectra see the wave mirrored at its ends."""
    check_alike(made, true)
    scales = _dac_scales(sample_rate)
    return float(log_distance(scales(made), scales(true)))


def multi_scale_stft_distance(made: Tensor, true: Tensor) -> float:
    """DAC's STFT distance, as the loss that its authors released computes it: the sum over windows of 2048 and 512
    samples of mean |log10 S(made)^2 - log10 S(true)^2|, amplitudes not below 1e-5, and of mean |S(made) - S(true)|."""
    check_alike(made, true)
    copy, original = magnitudes(made, padding="reflect"), magnitudes(true, padding="reflect")
    return float(2 * log_distance(copy, original) + level_distance(copy, original))


@cache
def _dac_scales(sample_rate: int) -> MelScales:
    return MelScales(sample_rate, padding="reflect")


def spectral_convergence(made: Tensor, true: Tensor) -> float:
    """||S(true) - S(made)|| / ||S(true)||, Frobenius norms (Arik, Jun & Diamos 2018, eq. 2): 0 for the same spectrum,
    1 for silence. The loudest partials decide. Raises ValueError when `true` is silent."""
    check_alike(made, true)
    copy, original = STFT.magnitude(made), STFT.magnitude(true)
    size = float(original.norm())
    if not size:
        raise ValueError("the original is silent; a relative error needs some sound")
    return float((original - copy).norm()) / size


def delay(made: Tensor, true: Tensor, *, longest: int) -> int:
    """By how many samples `made` [..., T] comes later than `true` [..., T] (negative: earlier), at most `longest`:
    where their cross-correlation, summed over channels, is highest. Needs a copy that keeps phases."""
    samples = max(made.shape[-1], true.shape[-1])
    size = 1 << (samples + longest).bit_length()
    spectrum = torch.fft.rfft(made, size) * torch.fft.rfft(true, size).conj()
    correlation = torch.fft.irfft(spectrum, size).reshape(-1, size).sum(0)
    reach = min(longest, samples - 1)
    window = torch.cat([correlation[size - reach :], correlation[: reach + 1]])
    return int(window.argmax()) - reach


def lined_up(made: Tensor, samples: int, later: int) -> Tensor:
    """A wave [..., T] that comes `later` samples late, moved to its place and cut or padded to `samples`."""
    moved = torch.nn.functional.pad(made, (max(-later, 0), 0))[..., max(later, 0) :][..., :samples]
    return torch.nn.functional.pad(moved, (0, samples - moved.shape[-1]))


def _decibel_distance(made: Tensor, true: Tensor, floor: float) -> float:
    if not floor > 0:
        raise ValueError(f"the floor is {floor}; it must be above 0")
    return 20 * float((made.clamp_min(floor).log10() - true.clamp_min(floor).log10()).abs().mean())


def _below(amplitudes: Tensor, depth: float) -> float:
    loudest = float(amplitudes.max())
    if not loudest > 0 or not math.isfinite(loudest):
        raise ValueError("the original is silent; a floor below its loudest part needs some sound")
    return loudest * 10 ** (-depth / 20)


def check_alike(made: Tensor, true: Tensor) -> None:
    """Raises ValueError when two waves differ in shape."""
    if made.shape != true.shape:
        raise ValueError(f"the copy is {tuple(made.shape)} and the original {tuple(true.shape)}; they must be alike")
