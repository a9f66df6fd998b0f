"""Waves as images of log-mel frames, and magnitudes from such images.

A frame stands in the middle of its hop ("same") or at its first sample ("centre", as librosa and the Tacotron
family count); either way a wave of T samples has ceil(T / hop) frames. Magnitudes come back by the pseudo-inverse
of the mel filters, which is exact for whatever the filters can tell apart; negative values become silence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom.audio.spectrogram import Padding, Stft, log_mel, mel_filters


@dataclass(frozen=True, kw_only=True)
class MelScale:
    """How a wave becomes log-mel frames: windows of `n_fft` samples every `hop_length`, `bands` mel bands (Slaney)
    from `low` to `high` Hz, natural logarithm of amplitudes not below `floor`, minus `level`, over `spread`."""

    sample_rate: int = 16_000
    n_fft: int = 1024
    hop_length: int = 160
    bands: int = 64
    low: float = 0.0
    high: float = 8000.0
    floor: float = 1e-5
    padding: Padding = "centre"
    level: float = 0.0
    spread: float = 1.0


class LogMel(nn.Module):
    """Wave [..., T] -> log-mel [..., M, F], and log-mel -> magnitudes [..., bins, F]. It has no weights."""

    filters: Tensor
    inverse: Tensor

    def __init__(self, scale: MelScale) -> None:
        super().__init__()
        self.scale = scale
        self.stft = Stft(scale.n_fft, scale.hop_length, scale.padding)
        filters = mel_filters(scale.sample_rate, scale.n_fft, scale.bands, low=scale.low, high=scale.high)
        self.register_buffer("filters", filters, persistent=False)
        self.register_buffer("inverse", torch.linalg.pinv(filters.double()).float(), persistent=False)

    @property
    def margin(self) -> int:
        """Samples on either side of a frame's hop that it sees."""
        return max(self.stft.lead, self.scale.n_fft - self.stft.lead - self.scale.hop_length)

    def forward(self, wave: Tensor) -> Tensor:
        """Log-mel frames [..., M, ceil(T / hop)] of a wave [..., T]; outside it is silence."""
        frames = math.ceil(wave.shape[-1] / self.scale.hop_length)
        padded = functional.pad(wave, (0, frames * self.scale.hop_length - wave.shape[-1]))
        return self.normal(self.stft.magnitude(padded)[..., :frames])

    def normal(self, magnitude: Tensor) -> Tensor:
        """Magnitudes [..., bins, F] -> log-mel [..., M, F]."""
        return (log_mel(magnitude, self.filters, floor=self.scale.floor) - self.scale.level) / self.scale.spread

    def magnitudes(self, mel: Tensor) -> Tensor:
        """Log-mel [..., M, F] -> magnitudes [..., bins, F], those of least energy that have these mel bands."""
        amplitudes = (mel * self.scale.spread + self.scale.level).clamp_max(math.log(1e4)).exp()
        return (self.inverse @ amplitudes).clamp_min(0.0)
