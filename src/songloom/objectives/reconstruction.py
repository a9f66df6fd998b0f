"""How far a made wave's spectra are from the true one's at several window lengths: the losses that codecs learn by.

Long windows see pitch and short ones attacks. All waves are [..., T] of one length, and hops are a quarter of the
window; every result is a scalar mean over items, bands and frames, summed or averaged over the window lengths.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from songloom.audio.spectrogram import Padding, Stft, mel_filters, mel_spectrogram

FLOOR = 1e-5


@dataclass(frozen=True, kw_only=True)
class MelScales:
    """Windows in samples, each moved by a quarter of itself, and the mel bands of each; the defaults are DAC's (arXiv
    2306.06546, section 3.5). With `normalised` windows (EnCodec) white noise of variance 1 has amplitudes near 1 at
    every length."""

    windows: tuple[int, ...] = (32, 64, 128, 256, 512, 1024, 2048)
    bands: tuple[int, ...] = (5, 10, 20, 40, 80, 160, 320)
    normalised: bool = False

    def __post_init__(self) -> None:
        if len(self.windows) != len(self.bands):
            raise ValueError(f"{len(self.windows)} windows and {len(self.bands)} numbers of bands; needs one for each")

    def amplitudes(self, wave: Tensor, sample_rate: int, *, padding: Padding = "centre") -> list[Tensor]:
        """Mel amplitudes [..., M, F] of a wave [..., T], one for each window length."""
        found = []
        for window, bands in zip(self.windows, self.bands, strict=True):
            magnitude = Stft(window, window // 4, padding).magnitude(wave.float())
            mel = mel_spectrogram(magnitude, _filters(sample_rate, window, bands, magnitude.device), power=1.0)
            size = torch.hann_window(window).square().sum().sqrt().item() if self.normalised else 1.0
            found.append(mel / size)
        return found


@cache
def _filters(sample_rate: int, window: int, bands: int, device: torch.device) -> Tensor:
    """Kept, since numpy makes them; a tensor for training too, whoever asks first."""
    with torch.inference_mode(False):
        return mel_filters(sample_rate, window, bands).to(device)


def log_distance(made: Sequence[Tensor], true: Sequence[Tensor], *, floor: float = FLOOR) -> Tensor:
    """DAC's loss of amplitudes (mel or not): sum over scales of mean |log10 max(a, floor) - log10 max(b, floor)|."""
    logs = [(a.clamp_min(floor).log10() - b.clamp_min(floor).log10()).abs().mean() for a, b in _pairs(made, true)]
    return torch.stack(logs).sum()


def level_distance(made: Sequence[Tensor], true: Sequence[Tensor]) -> Tensor:
    """Sum over scales of mean |a - b|."""
    return torch.stack([(a - b).abs().mean() for a, b in _pairs(made, true)]).sum()


def level_and_log_distance(
    made: Sequence[Tensor], true: Sequence[Tensor], alphas: Sequence[float], *, floor: float = FLOOR
) -> Tensor:
    """SoundStream's loss of mel amplitudes (arXiv 2107.03312, equation 5) with means for sums: the mean over scales of
    |a - b|_1 + alpha |ln a - ln b|_2, norms over the bands of a frame, divided by the number of scales and alphas.

    SoundStream takes alpha = sqrt(window / 2) (`soundstream_alphas`), EnCodec 1 (arXiv 2210.13438, equation 3)."""
    terms = []
    for (a, b), alpha in zip(_pairs(made, true), alphas, strict=True):
        logs = a.clamp_min(floor).log() - b.clamp_min(floor).log()
        terms.append((a - b).abs().mean() + alpha * (logs.square().mean(-2) + 1e-12).sqrt().mean())
    return torch.stack(terms).sum() / (len(terms) + sum(alphas))


def soundstream_alphas(windows: Sequence[int]) -> tuple[float, ...]:
    """sqrt(window / 2) for each window length (arXiv 2107.03312, equation 5)."""
    return tuple(math.sqrt(window / 2) for window in windows)


def magnitudes(wave: Tensor, windows: Sequence[int] = (2048, 512), *, padding: Padding = "centre") -> list[Tensor]:
    """STFT amplitudes [..., bins, F] of a wave [..., T], one for each window length."""
    return [Stft(window, window // 4, padding).magnitude(wave.float()) for window in windows]


def resolution_distance(made: Sequence[Tensor], true: Sequence[Tensor], *, floor: float = FLOOR) -> Tensor:
    """The multi-resolution STFT loss (Yamamoto, Song & Kim 2020, arXiv 1910.11480, equations 4 to 6): the mean over
    scales of the spectral convergence |b - a| / |b| (Frobenius norms) and of mean |ln a - ln b|."""
    terms = []
    for a, b in _pairs(made, true):
        convergence = (b - a).norm() / b.norm().clamp_min(1e-8)
        terms.append(convergence + (a.clamp_min(floor).log() - b.clamp_min(floor).log()).abs().mean())
    return torch.stack(terms).mean()


def _pairs(made: Sequence[Tensor], true: Sequence[Tensor]) -> list[tuple[Tensor, Tensor]]:
    if any(a.shape != b.shape for a, b in zip(made, true, strict=True)):
        raise ValueError("made and true spectra differ in shape; the waves must be of one length")
    return list(zip(made, true, strict=True))
