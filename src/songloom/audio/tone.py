"""A tone control: a sound made brighter or darker by a tilt of its spectrum about 1 kHz, and mixed otherwise by the
gains of its half-octave bands, as it comes.

The filter is symmetric, so nothing moves in time, and short: 20 ms to either side, so bands below 200 Hz blur into one
another. Blocks lie on a grid of their own, so that a stream gives the same samples however it is cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from songloom.audio.bands import BANDS, place

PIVOT, LOWEST, HIGHEST = 1000.0, 50.0, 14_000.0
"""Hz that stay as they are, and beyond which nothing more is added."""
REACH_SECONDS = 0.02
STEEPEST, LARGEST = 12.0, 12.0
"""Decibels an octave, and of a band's gain, at most."""
BLOCK = 4096
"""Samples that are filtered at a time."""


@dataclass(frozen=True)
class Tone:
    """Brighter by `slope` decibels an octave (darker where it is below 0), and bands (see `bands.py`) louder by `mix`
    [BANDS] decibels, where there are any. Raises ValueError for more than can be made."""

    slope: float = 0.0
    mix: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not abs(self.slope) <= STEEPEST:
            raise ValueError(
                f"a tilt of {self.slope:g} dB an octave was asked for; at most {STEEPEST:g}, up or down, can be made"
            )
        if self.mix and len(self.mix) != BANDS:
            raise ValueError(f"the mix has {len(self.mix)} gains; needs one for each of {BANDS} bands, or none")
        for gain in self.mix:
            if not abs(gain) <= LARGEST:
                raise ValueError(f"a gain of {gain:g} dB was asked for; at most {LARGEST:g}, up or down, can be made")

    def __bool__(self) -> bool:
        """Whether it changes anything."""
        return bool(self.slope) or any(self.mix)


def toned(pieces: Iterable[Tensor], sample_rate: int, tone: Tone) -> Iterator[Tensor]:
    """Pieces [..., t] of any lengths -> pieces, as many samples in all, in another tone."""
    taps = tone_filter(sample_rate, tone)
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
def tone_filter(sample_rate: int, tone: Tone) -> Tensor:
    """Symmetric taps [N] in float32 of a filter with a tone's gains; those of bands hold in their middles, and between
    them run straight lines."""
    count = 2 * round(REACH_SECONDS * sample_rate) + 1
    size = 1 << (8 * count).bit_length()
    hertz = torch.fft.rfftfreq(size, 1 / sample_rate).double()
    decibels = tone.slope * torch.log2(hertz.clamp(LOWEST, HIGHEST) / PIVOT)
    if tone.mix:
        mix = torch.tensor(tone.mix, dtype=torch.float64)
        places = (place(hertz) - 0.5).clamp(0, BANDS - 1)
        low = places.long().clamp_max(BANDS - 2)
        decibels = decibels + torch.lerp(mix[low], mix[low + 1], places - low)
    pulse = torch.fft.irfft(10 ** (decibels / 20), size).roll(count // 2)[:count]
    return (pulse * torch.hann_window(count + 2, periodic=False, dtype=torch.float64)[1:-1]).float()
