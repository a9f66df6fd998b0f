"""Waves as mel energies in decibels, the way that networks trained on AudioSet hear them.

PANNs (Kong et al. 2020, arXiv 1912.10211, section 4) and HTS-AT take log-mel frames of this form: the wave mirrored at
its ends, energies (amplitudes squared), 10 log10 of them, no loudest frame to compare with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from songloom.audio.spectrogram import Stft, mel_filters, mel_spectrogram

AT_ONCE = 4096
"""Frames whose spectra are in memory together, so that an hour of music needs little more than its mel bands."""


@dataclass(frozen=True, kw_only=True)
class DecibelScale:
    """Windows of `n_fft` samples every `hop_length`, `bands` mel bands from `low` to `high` Hz for waves of
    `sample_rate`, on `scale`, of equal area or of height 1; energies not below `floor`. The defaults are those of
    PANNs."""

    sample_rate: int = 32_000
    n_fft: int = 1024
    hop_length: int = 320
    bands: int = 64
    low: float = 50.0
    high: float = 14_000.0
    scale: Literal["slaney", "htk"] = "slaney"
    equal_area: bool = True
    floor: float = 1e-10


class DecibelMel(nn.Module):
    """Wave [..., T] in [-1, 1] -> mel energies [..., M, T // hop + 1] in dB. It has no weights."""

    filters: Tensor

    def __init__(self, scale: DecibelScale) -> None:
        super().__init__()
        self.scale = scale
        self.stft = Stft(scale.n_fft, scale.hop_length, "reflect")
        filters = mel_filters(
            scale.sample_rate,
            scale.n_fft,
            scale.bands,
            low=scale.low,
            high=scale.high,
            scale=scale.scale,
            equal_area=scale.equal_area,
        )
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, wave: Tensor) -> Tensor:
        """Raises ValueError for a wave of no more than half a window, which cannot be mirrored."""
        window = self.stft.window(wave)
        energies = [self.energies(part * window) for part in torch.split(self.stft.cut(wave), AT_ONCE, dim=-2)]
        return 10.0 * torch.log10(torch.cat(energies, dim=-1).clamp_min(self.scale.floor))

    def energies(self, frames: Tensor) -> Tensor:
        """Windowed frames [..., F, n_fft] -> mel energies [..., M, F]."""
        return mel_spectrogram(torch.fft.rfft(frames).abs().transpose(-1, -2), self.filters)
