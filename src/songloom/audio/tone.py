"""A tone control: a sound made brighter or darker by a tilt of its spectrum about 1 kHz, as it comes.

The filter is symmetric, so nothing moves in time, and short: 20 ms to either side. Blocks lie on a grid of their own,
so that a stream gives the same samples however it is cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

PIVOT, LOWEST, HIGHEST = 1000.0, 50.0, 14_000.0
"""Hz that stay as they are, and beyond which nothing more is added."""
REACH_SECONDS = 0.02
STEEPEST = 12.0
"""Decibels an octave, at most."""
BLOCK = 4096
"""Samples that are filtered at a time."""


def tilted(pieces: Iterable[Tensor], sample_rate: int, slope: float) -> Iterator[Tensor]:
    """Pieces [..., t] of any lengths -> pieces, as many samples in all, brighter by `slope` decibels an octave (darker
    where it is below 0). Raises ValueError for one that is steeper than STEEPEST."""
    if not abs(slope) <= STEEPEST:
        raise ValueError(
            f"a tilt of {slope:g} dB an octave was asked for; at most {STEEPEST:g}, up or down, can be made"
        )
    taps = tilt_filter(sample_rate, slope)
    late, size = len(taps) // 2, BLOCK + len(taps) - 1
    response = torch.fft.rfft(taps, size)
    waiting: Tensor | None = None
    tail = torch.zeros(())  # what blocks before still add to the next one
    skipped = late

    def filtered(samples: Tensor) -> Tensor:
        """Whole blocks [..., N BLOCK] under the filter, without what it is late at first."""
        nonlocal tail, skipped
        made = []
        for block in torch.split(samples.float(), BLOCK, dim=-1):
            heard = torch.fft.irfft(torch.fft.rfft(block, size) * response.to(block.device), size)
            heard[..., : size - BLOCK] += tail.to(block.device)
            made.append(heard[..., :BLOCK])
            tail = heard[..., BLOCK:]
        whole = torch.cat(made, dim=-1)[..., skipped:].to(samples.dtype)
        skipped = 0
        return whole

    for piece in pieces:
        waiting = piece if waiting is None else torch.cat([waiting, piece], dim=-1)
        ready = waiting.shape[-1] // BLOCK * BLOCK
        if ready:
            yield filtered(waiting[..., :ready])
            waiting = waiting[..., ready:]
    if waiting is not None:
        left = waiting.shape[-1] + (0 if skipped else late)
        filled = functional.pad(waiting, (0, late))
        if left:
            yield filtered(functional.pad(filled, (0, -filled.shape[-1] % BLOCK)))[..., :left]


@lru_cache(maxsize=64)
def tilt_filter(sample_rate: int, slope: float) -> Tensor:
    """Symmetric taps [N] in float32 of a filter whose gain rises by `slope` decibels an octave."""
    count = 2 * round(REACH_SECONDS * sample_rate) + 1
    size = 1 << (8 * count).bit_length()
    hertz = torch.fft.rfftfreq(size, 1 / sample_rate).double().clamp(LOWEST, HIGHEST)
    pulse = torch.fft.irfft(10 ** (slope * torch.log2(hertz / PIVOT) / 20), size).roll(count // 2)[:count]
    return (pulse * torch.hann_window(count + 2, periodic=False, dtype=torch.float64)[1:-1]).float()
