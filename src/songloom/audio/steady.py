"""Long music that stays as loud and as bright as it began: a slow equaliser that only undoes drift.

A model that goes on from its own output may grow louder, duller or thinner by the minute. Octave bands of what was
just heard are held against those of the first window; what differs by more than a tolerance is brought back to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional

LOWEST = 44.0
"""Hz at which the lowest octave begins; what is below goes with it."""
TOLERANCE = 2.0
"""Decibels by which a band may differ before anything is done."""
MOST_BOOST, MOST_CUT = 15.0, 18.0
QUIET = 1e-4
"""Share of the first window's power below which a band does not count."""
HEARD_SECONDS = 20.0
"""How much of the past is compared with the first window, at most: what is shorter, as a break, is no drift."""
FRAME_SECONDS = 0.128


def steady(
    pieces: Iterable[Tensor], sample_rate: int, *, window: int, starts: Sequence[int] = (0,)
) -> Iterator[Tensor]:
    """Pieces [1, C, t] -> pieces, as many samples in all, whose octave bands stay within `TOLERANCE` of those of the
    first `window` samples after the last of `starts` (samples, where what is wanted changes), as long as that is a
    matter of 15 dB up or 18 dB down. What leaves is `FRAME_SECONDS` later than what comes."""
    size = 2 * max(8, round(FRAME_SECONDS * sample_rate / 2))
    hop = size // 2
    shape = torch.hann_window(size).sqrt()
    drift = Drift(sample_rate, size, max(1, window // hop), [-(-start // hop) for start in starts])
    waiting: Tensor | None = None  # samples from the next frame's beginning on
    tail: Tensor | None = None  # the second half of the last frame
    came = gone = 0
    skipped = hop  # the zeros in front
    for piece in pieces:
        came += piece.shape[-1]
        waiting = functional.pad(piece, (hop, 0)) if waiting is None else torch.cat([waiting, piece], dim=-1)
        count = waiting.shape[-1] // hop - 1
        if count > 0:
            made, tail = _overlapped(waiting[..., : (count + 1) * hop], shape.to(piece), drift, tail)
            waiting = waiting[..., count * hop :]
            made = made[..., skipped:]
            gone, skipped = gone + made.shape[-1], 0
            if made.shape[-1]:
                yield made
    if waiting is not None:
        count = -(-waiting.shape[-1] // hop)
        filled = functional.pad(waiting, (0, (count + 1) * hop - waiting.shape[-1]))
        made, _ = _overlapped(filled, shape.to(filled), drift, tail)
        yield made[..., skipped:][..., : came - gone]


def _overlapped(samples: Tensor, shape: Tensor, drift: Drift, tail: Tensor | None) -> tuple[Tensor, Tensor]:
    """Frames of samples [1, C, (N + 1) hop] under their gains, added up: [1, C, N hop] and what the next one needs."""
    hop = len(shape) // 2
    frames = torch.fft.rfft(samples.unfold(-1, 2 * hop, hop) * shape)
    frames = torch.fft.irfft(frames * drift.gains(frames), n=2 * hop) * shape
    first, second = frames[..., :hop], frames[..., hop:]
    before = torch.zeros_like(second[..., 0, :]) if tail is None else tail
    made = first + torch.cat([before[..., None, :], second[..., :-1, :]], dim=-2)
    return made.flatten(-2), second[..., -1, :]


class Drift:
    """How far the octave bands of frames have gone from those of the first `window` frames after the last of `starts`,
    as the gains that bring them back."""

    def __init__(self, sample_rate: int, size: int, window: int, starts: Sequence[int]) -> None:
        self.window, self.starts = window, sorted(starts)
        self.heard = max(1, min(window, round(HEARD_SECONDS * 2 * sample_rate / size)))
        octaves = torch.log2(torch.fft.rfftfreq(size, 1 / sample_rate).clamp_min(LOWEST) / LOWEST)
        self.bands = int(octaves.max()) + 1
        edges = torch.arange(self.bands)[:, None]
        self.members = ((octaves >= edges) & (octaves < edges + 1)).double()
        self.places = (octaves - 0.5).clamp(0, self.bands - 1)
        self.sums = torch.zeros(1, self.bands, dtype=torch.float64)

    def gains(self, frames: Tensor) -> Tensor:
        """Spectra [1, C, N, bins] of the next N frames -> their gains [N, bins]."""
        done = len(self.sums) - 1
        power = frames.detach().abs().double().square().mean((0, 1)).cpu() @ self.members.T
        self.sums = torch.cat([self.sums, self.sums[-1] + power.cumsum(0)])
        decibels = torch.stack([self._correction(done + n) for n in range(len(power))])
        low = self.places.long()
        mix = (2 * (self.places - low) - 0.5).clamp(0, 1)  # flat in the middle half of each octave
        between = decibels[:, low] * (1 - mix) + decibels[:, (low + 1).clamp_max(self.bands - 1)] * mix
        return (10 ** (between / 20)).to(frames.device, frames.real.dtype)

    def _correction(self, frame: int) -> Tensor:
        """Decibels [bands] for one frame."""
        start = max((start for start in self.starts if start <= frame), default=0)
        if frame < start + self.window:
            return torch.zeros(self.bands, dtype=torch.float64)
        first = self._mean(start, start + self.window)
        floor = QUIET * first.sum().clamp_min(1e-12)
        past = self._mean(frame + 1 - self.heard, frame + 1)
        apart = 10 * torch.log10((past + floor) / (first + floor))
        wanted = apart.clamp(-TOLERANCE, TOLERANCE) - apart
        pause = (2 * MOST_BOOST + TOLERANCE + apart).clamp_min(0)  # what has fallen much further was meant to
        return torch.minimum(wanted, pause).clamp_min(-MOST_CUT)

    def _mean(self, begin: int, end: int) -> Tensor:
        return (self.sums[end] - self.sums[begin]) / (end - begin)
