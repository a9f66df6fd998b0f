"""Loud and quiet, bright and dark: level in dB and spectral centroid in Hz over time."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from songloom.audio.features.signal import ANALYSIS_RATE, analysis_signal
from songloom.audio.spectrogram import Stft

CENTROID_STFT = Stft(2048, 512)


def dynamics(
    wave: Tensor, sample_rate: int, *, frame_rate: float = 50.0, smooth: float = 1.0, floor: float = -80.0
) -> Tensor:
    """Level [F] in dB (0 is a full-scale square wave) of a wave [C, T], `frame_rate` frames per second.

    Mean power of each frame over all channels in dB, smoothed by parabolas through `smooth` seconds (Savitzky & Golay
    1964): what a listener follows as crescendo, without the single notes (Wu et al. 2023, arXiv 2311.07069, section
    III-B). Not below `floor`.
    """
    if wave.ndim != 2 or not wave.numel() or frame_rate <= 0 or smooth <= 0:
        raise ValueError(
            f"wave {tuple(wave.shape)}, frame rate {frame_rate}, smoothing {smooth} s; needs [C, T] and numbers above 0"
        )
    hop = max(1, round(sample_rate / frame_rate))
    power = wave.detach().to("cpu", torch.float32).square().mean(0)
    frames = -(-len(power) // hop)
    sizes = torch.full((frames,), float(hop))
    sizes[-1] = len(power) - (frames - 1) * hop
    means = functional.pad(power, (0, frames * hop - len(power))).reshape(frames, hop).sum(1) / sizes
    level = (10 * torch.log10(means.clamp_min(1e-12))).clamp_min(floor)
    return smoothed(level, 2 * round(smooth * frame_rate / 2) + 1).clamp_min(floor)


def smoothed(curve: Tensor, window: int) -> Tensor:
    """A curve [F] of which each value is that of the parabola through the `window` (odd) values around it, or through
    as many as there are; those of less than three values stay."""
    from scipy.signal import savgol_filter  # slow to import

    length = min(window, len(curve) - (len(curve) + 1) % 2)
    if length < 3:
        return curve
    return torch.from_numpy(savgol_filter(curve.double().numpy(), length, 2)).to(curve)


def spectral_centroid(wave: Tensor, sample_rate: int) -> Tensor:
    """Centre of gravity [F] of the magnitudes in Hz, 43 frames per second, up to 11 kHz; 0 in silence."""
    magnitude = CENTROID_STFT.magnitude(analysis_signal(wave, sample_rate))
    hertz = torch.linspace(0, ANALYSIS_RATE / 2, CENTROID_STFT.bins)
    return (hertz @ magnitude) / magnitude.sum(0).clamp_min(1e-9) * (magnitude.sum(0) > 1e-6)
