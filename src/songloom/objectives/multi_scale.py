"""How far one wave's spectra are from another's at several resolutions at once.

Short windows see attacks, long ones see pitches; a loss over all of them leaves the codec no resolution to hide
its errors in. Waves are [..., T]; every result is a scalar.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from songloom.audio.spectrogram import Stft, mel_filters
from songloom.objectives.spectral import log_l1


@dataclass(frozen=True, kw_only=True)
class MelScales:
    """Windows in samples, each moved by a quarter of itself, and the mel bands of each."""

    windows: tuple[int, ...] = (32, 64, 128, 256, 512, 1024, 2048)
    bands: tuple[int, ...] = (5, 10, 20, 40, 80, 160, 320)
    floor: float = 1e-5


def multi_scale_mel(made: Tensor, true: Tensor, sample_rate: int, scales: MelScales) -> Tensor:
    """Sum over scales of the mean |log10 mel(made) - log10 mel(true)| (Kumar et al. 2023, arXiv 2306.06546,
    section 3.5)."""
    total = made.new_zeros(())
    for window, bands in zip(scales.windows, scales.bands, strict=True):
        stft = Stft(window, window // 4)
        filters = mel_filters(sample_rate, window, bands).to(made)
        mels = (filters @ stft.magnitude(wave) for wave in (made, true))
        total = total + log_l1(*mels, floor=scales.floor) / math.log(10)
    return total


def multi_scale_stft(made: Tensor, true: Tensor, windows: tuple[int, ...]) -> Tensor:
    """Mean over windows of the spectral convergence and the mean |ln S(made) - ln S(true)| (Yamamoto, Song & Kim
    2020, arXiv 1910.11480, eq. 3 to 6)."""
    terms = []
    for window in windows:
        stft = Stft(window, window // 4)
        copy, original = stft.magnitude(made), stft.magnitude(true)
        convergence = (copy - original).norm() / original.norm().clamp_min(1e-6)
        terms.append(convergence + log_l1(copy, original, floor=1e-5))
    return torch.stack(terms).mean()
