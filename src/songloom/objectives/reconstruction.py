"""How far a made wave's spectra are from the true one's at several window lengths: the losses that codecs learn by.

Long windows see pitch and short ones attacks. All waves are [..., T] of one length, and hops are a quarter of the
window; every result is a scalar mean over items, bands and frames, summed or averaged over the window lengths.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from songloom.audio.spectrogram import Padding, Stft, mel_filters, mel_spectrogram

DAC_WINDOWS = (32, 64, 128, 256, 512, 1024, 2048)
DAC_BANDS = (5, 10, 20, 40, 80, 160, 320)
FLOOR = 1e-5


class MelScales(nn.Module):
    """Mel amplitudes [..., M, F] of a wave for each window length; the defaults are DAC's (arXiv 2306.06546, section
    3.5). With `normalised` windows (EnCodec) white noise of variance 1 has amplitudes near 1 at every length."""

    def __init__(
        self,
        sample_rate: int,
        *,
        windows: Sequence[int] = DAC_WINDOWS,
        bands: Sequence[int] = DAC_BANDS,
        padding: Padding = "centre",
        normalised: bool = False,
    ) -> None:
        super().__init__()
        if len(windows) != len(bands):
            raise ValueError(f"{len(windows)} windows and {len(bands)} numbers of bands; needs one for each")
        self.transforms = [Stft(window, window // 4, padding) for window in windows]
        for place, (window, count) in enumerate(zip(windows, bands, strict=True)):
            scale = math.sqrt(3 * window / 8) if normalised else 1.0  # the Hann window's norm
            self.register_buffer(f"filters_{place}", mel_filters(sample_rate, window, count) / scale, persistent=False)

    def forward(self, wave: Tensor) -> list[Tensor]:
        """[..., T] -> mel amplitudes [..., M, F], one for each window length; in float32 whatever trains around it."""
        with torch.autocast(wave.device.type, enabled=False):
            return [
                mel_spectrogram(stft.magnitude(wave.float()), self.get_buffer(f"filters_{place}"), power=1.0)
                for place, stft in enumerate(self.transforms)
            ]


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
