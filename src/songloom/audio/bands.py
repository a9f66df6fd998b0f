"""Half-octave bands, and the colour of a sound: how loud it is in each against the others."""

from __future__ import annotations

import torch
from torch import Tensor

LOWEST, TO_AN_OCTAVE, BANDS = 44.0, 2, 17
"""Hz at which the lowest band begins (what is below goes with it), how many there are to an octave, and in all: to
16 kHz."""
WINDOW_SECONDS = 0.128
QUIET = 1e-7
"""Share of the mean power that is added to each band: what is far below does not count."""


def place(hertz: Tensor) -> Tensor:
    """Where frequencies [...] in Hz lie among the bands [...]: from n to n + 1 in band n, below 0 under the lowest."""
    return TO_AN_OCTAVE * torch.log2(hertz.clamp_min(1e-9) / LOWEST)


def colour(wave: Tensor, sample_rate: int) -> Tensor:
    """Mean power of each band [BANDS] of a wave [C, T], in decibels around their mean, in float64; what is above the
    highest is left out. Raises ValueError for one without samples."""
    if not wave.shape[-1]:
        raise ValueError("a sound without samples has no colour")
    size = 2 * round(WINDOW_SECONDS * sample_rate / 2)
    window = torch.hann_window(size, dtype=torch.float64)
    spectra = torch.stft(wave.double(), size, size // 2, window=window, pad_mode="constant", return_complex=True)
    power = spectra.abs().square().mean((0, 2))
    bands = place(torch.fft.rfftfreq(size, 1 / sample_rate).double()).floor().clamp_min(0).long()
    inside = bands < BANDS
    total, count = torch.zeros(2, BANDS, dtype=torch.float64)
    total.index_add_(0, bands[inside], power[inside])
    count.index_add_(0, bands[inside], torch.ones_like(power[inside]))
    mean = total / count.clamp_min(1)
    decibels = 10 * torch.log10(mean + QUIET * total.sum() / count.sum() + 1e-30)
    return decibels - decibels.mean()
