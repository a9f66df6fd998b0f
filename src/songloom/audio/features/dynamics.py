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

    Mean power under a Hann window of `smooth` seconds, over all channels: what a listener follows as
    crescendo, without the single notes. Not below `floor`.
    """
    if wave.ndim != 2 or not wave.numel() or frame_rate <= 0 or smooth <= 0:
        raise ValueError(
            f"wave {tuple(wave.shape)}, frame rate {frame_rate}, smoothing {smooth} s; needs [C, T] and numbers above 0"
        )
    hop = max(1, round(sample_rate / frame_rate))
    power = wave.detach().to("cpu", torch.float32).square().mean(0)
    frames = -(-len(power) // hop)
    filled = functional.pad(power, (0, frames * hop - len(power))).reshape(frames, hop).sum(1)
    sizes = torch.full((frames,), float(hop))
    sizes[-1] = len(power) - (frames - 1) * hop
    reach = max(0, round(smooth * frame_rate / 2))
    window = torch.hann_window(2 * reach + 3, periodic=False)[1:-1][None, None]
    total = functional.conv1d(filled[None, None], window, padding=reach)[0, 0]
    weight = functional.conv1d(sizes[None, None], window, padding=reach)[0, 0]
    return (10 * torch.log10((total / weight).clamp_min(1e-12))).clamp_min(floor)


def spectral_centroid(wave: Tensor, sample_rate: int) -> Tensor:
    """Centre of gravity [F] of the magnitudes in Hz, 43 frames per second, up to 11 kHz; 0 in silence."""
    magnitude = CENTROID_STFT.magnitude(analysis_signal(wave, sample_rate))
    hertz = torch.linspace(0, ANALYSIS_RATE / 2, CENTROID_STFT.bins)
    return (hertz @ magnitude) / magnitude.sum(0).clamp_min(1e-9) * (magnitude.sum(0) > 1e-6)
