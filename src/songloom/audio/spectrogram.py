"""Short-time spectra in one fixed convention: Hann windows, zero padding, mel bands.

Every spectrum is laid out [..., n_fft // 2 + 1, F]. Frame f of a "centre" transform stands around sample
f * hop_length (F = T // hop_length + 1, as in librosa); frame f of a "same" transform stands around the
middle of hop f (F = ceil(T / hop_length), so that a codec's frames tile the samples). Outside the wave is
silence, so clips of any length work and a chunk sees what a stream would see; a "reflect" transform is a
"centre" one that sees the wave mirrored there, as torch.stft and librosa's mel spectra do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

Padding = Literal["centre", "same", "reflect"]
MelScale = Literal["slaney", "htk"]


def overlap_add(frames: Tensor, hop_length: int) -> Tensor:
    """Frames [..., F, N] summed at steps of `hop_length` into samples [..., (F - 1 + ceil(N / hop)) * hop]."""
    size = frames.shape[-1]
    hops = math.ceil(size / hop_length)
    if size % hop_length:
        frames = functional.pad(frames, (0, hops * hop_length - size))
    total = frames.new_zeros(*frames.shape[:-2], frames.shape[-2] + hops - 1, hop_length)
    for hop in range(hops):
        piece = frames[..., hop * hop_length : (hop + 1) * hop_length]
        total[..., hop : hop + frames.shape[-2], :] += piece
    return total.flatten(-2)


@dataclass(frozen=True)
class Stft:
    """A short-time Fourier transform and its least-squares inverse (Griffin & Lim 1984, eq. 6)."""

    n_fft: int = 2048
    hop_length: int = 512
    padding: Padding = "centre"

    def __post_init__(self) -> None:
        if self.n_fft < 2 or self.n_fft % 2:
            raise ValueError(f"n_fft is {self.n_fft}; it must be even and at least 2")
        if not 1 <= self.hop_length <= self.n_fft // 2:
            raise ValueError(f"hop_length is {self.hop_length}; with n_fft {self.n_fft} it must be 1 to n_fft // 2")
        if self.padding not in ("centre", "same", "reflect"):
            raise ValueError(f"padding is {self.padding!r}; it is 'centre', 'same' or 'reflect'")

    @property
    def bins(self) -> int:
        """Frequencies per frame, 0 Hz to half the sample rate."""
        return self.n_fft // 2 + 1

    @property
    def lead(self) -> int:
        """Samples of silence in front of the wave."""
        return (self.n_fft - self.hop_length) // 2 if self.padding == "same" else self.n_fft // 2

    def frames(self, samples: int) -> int:
        """Number of frames F of a wave of `samples` samples."""
        if self.padding == "same":
            return math.ceil(samples / self.hop_length)
        return samples // self.hop_length + 1

    def samples(self, frames: int) -> int:
        """Natural number of samples of `frames` frames."""
        return (frames if self.padding == "same" else frames - 1) * self.hop_length

    def window(self, like: Tensor) -> Tensor:
        """The periodic Hann window [n_fft] on the device of `like`, in its real type."""
        real = like.real.dtype if like.is_complex() else like.dtype
        return torch.hann_window(self.n_fft, dtype=real, device=like.device)

    def framed(self, wave: Tensor) -> Tensor:
        """Windowed frames [..., F, n_fft] of a wave [..., T]."""
        return self.cut(wave) * self.window(wave)

    def cut(self, wave: Tensor) -> Tensor:
        """Frames [..., F, n_fft] of a wave [..., T] without the window: a view of the padded wave."""
        if not wave.shape[-1]:
            raise ValueError("the wave is empty; a spectrum needs at least one sample")
        count = self.frames(wave.shape[-1])
        tail = (count - 1) * self.hop_length + self.n_fft - self.lead - wave.shape[-1]
        padded = self._padded(wave, max(tail, 0))
        return padded.unfold(-1, self.n_fft, self.hop_length)[..., :count, :]

    def _padded(self, wave: Tensor, tail: int) -> Tensor:
        if self.padding != "reflect":
            return functional.pad(wave, (self.lead, tail))
        if wave.shape[-1] <= self.lead:
            raise ValueError(f"the wave has {wave.shape[-1]} samples; a mirrored spectrum needs over {self.lead}")
        rows = wave.reshape(1, -1, wave.shape[-1])
        return functional.pad(rows, (self.lead, tail), mode="reflect").reshape(*wave.shape[:-1], -1)

    def transform(self, wave: Tensor) -> Tensor:
        """Complex spectrum [..., bins, F] of a wave [..., T]."""
        return torch.fft.rfft(self.framed(wave)).transpose(-1, -2)

    def magnitude(self, wave: Tensor) -> Tensor:
        """Magnitudes [..., bins, F] of a wave [..., T]."""
        return self.transform(wave).abs()

    def envelope(self, frames: int, like: Tensor) -> Tensor:
        """Sum of the squared windows under each padded sample, what the inverse divides by."""
        squares = self.window(like).square().expand(frames, self.n_fft)
        return overlap_add(squares, self.hop_length).clamp_min(1e-8)

    def inverse(self, spectrum: Tensor, samples: int | None = None) -> Tensor:
        """Wave [..., T] of a complex spectrum [..., bins, F]; T is `samples`, or else the frames' own length."""
        if spectrum.shape[-2] != self.bins:
            raise ValueError(f"the spectrum has {spectrum.shape[-2]} bins; n_fft {self.n_fft} makes {self.bins}")
        length = self.samples(spectrum.shape[-1]) if samples is None else samples
        frames = torch.fft.irfft(spectrum.transpose(-1, -2), self.n_fft) * self.window(spectrum)
        padded = overlap_add(frames, self.hop_length) / self.envelope(spectrum.shape[-1], spectrum)
        wave = padded[..., self.lead : self.lead + length]
        return functional.pad(wave, (0, length - wave.shape[-1]))


def hertz_to_mel(hertz: np.ndarray, scale: MelScale) -> np.ndarray:
    """Mel numbers of frequencies: Slaney's Auditory Toolbox (linear to 1 kHz, then logarithmic) or HTK's."""
    if scale == "htk":
        return 2595.0 * np.log10(1.0 + hertz / 700.0)
    logarithmic = 15.0 + 27.0 * np.log(np.maximum(hertz, 1000.0) / 1000.0) / np.log(6.4)
    return np.where(hertz < 1000.0, hertz * 3.0 / 200.0, logarithmic)


def mel_to_hertz(mel: np.ndarray, scale: MelScale) -> np.ndarray:
    """The inverse of `hertz_to_mel`."""
    if scale == "htk":
        return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    return np.where(mel < 15.0, mel * 200.0 / 3.0, 1000.0 * 6.4 ** ((np.maximum(mel, 15.0) - 15.0) / 27.0))


def mel_filters(
    sample_rate: int,
    n_fft: int,
    bands: int,
    *,
    low: float = 0.0,
    high: float | None = None,
    scale: MelScale = "slaney",
    equal_area: bool = True,
    straight_in: Literal["hertz", "mel"] = "hertz",
) -> Tensor:
    """Triangular mel filters [M, n_fft // 2 + 1] from `low` to `high` Hz (default: half the sample rate).

    `equal_area` scales each triangle to unit area in Hz (Slaney's normalisation); else its peak is 1. The triangles'
    sides are straight over frequencies in Hz (librosa, torchaudio) or over mel numbers (HTK, Kaldi, VGGish).
    """
    top = sample_rate / 2 if high is None else high
    if bands < 1 or not 0 <= low < top <= sample_rate / 2:
        raise ValueError(f"{bands} mel bands from {low} to {top} Hz; needs 1 or more within 0..{sample_rate / 2} Hz")
    if scale not in ("slaney", "htk"):
        raise ValueError(f"scale is {scale!r}; it is 'slaney' or 'htk'")
    ends = hertz_to_mel(np.array([low, top]), scale)
    corners = mel_to_hertz(np.linspace(ends[0], ends[1], bands + 2), scale)
    bins, edges = np.linspace(0.0, sample_rate / 2, n_fft // 2 + 1), corners
    if straight_in == "mel":
        bins, edges = hertz_to_mel(bins, scale), np.linspace(ends[0], ends[1], bands + 2)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    filters = np.maximum(0.0, np.minimum(rising, falling))
    if equal_area:
        filters *= (2.0 / (corners[2:] - corners[:-2]))[:, None]
    return torch.from_numpy(filters.astype(np.float32))


def mel_spectrogram(magnitude: Tensor, filters: Tensor, *, power: float = 2.0) -> Tensor:
    """Mel bands [..., M, F] of magnitudes [..., bins, F] raised to `power` (2: energies, 1: amplitudes)."""
    return filters.to(magnitude) @ magnitude.pow(power)


def log_mel(magnitude: Tensor, filters: Tensor, *, floor: float = 1e-5) -> Tensor:
    """Natural logarithm of the mel amplitudes [..., M, F], not below log(`floor`)."""
    return mel_spectrogram(magnitude, filters, power=1.0).clamp_min(floor).log()


def mel_decibels(magnitude: Tensor, filters: Tensor, *, floor: float = -80.0) -> Tensor:
    """Mel energies [..., M, F] in dB relative to the loudest one, not below `floor`."""
    energy = mel_spectrogram(magnitude, filters).clamp_min(1e-10)
    return (10.0 * torch.log10(energy / energy.amax())).clamp_min(floor)
