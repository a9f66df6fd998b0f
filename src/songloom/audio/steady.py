"""Long music that stays as loud and as bright as it began: a slow equaliser that only undoes drift.

A model that goes on from its own output may grow louder, duller or thinner by the minute. Half-octave bands of what was
just heard are held against those of the first window; what differs by more than a tolerance is brought back to it.
What has left is held against it too, a window at a time: a loud verse or a break may pass, but where a whole window
would end up louder or thinner than the first by more than the tolerance, the equaliser follows more quickly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional

LOWEST, TO_AN_OCTAVE = 44.0, 2
"""Hz at which the lowest band begins (what is below goes with it), and how many there are to an octave."""
TOLERANCE = 2.0
"""Decibels by which a band may differ before anything is done."""
MOST_BOOST, MOST_CUT = 15.0, 18.0
QUIET = 5e-5
"""Share of the first window's power below which a band does not count."""
HEARD_SECONDS, NOW_SECONDS = 20.0, 4.0
"""How much of the past is compared with the first window, at most: what is shorter, as a break, is no drift. Where a
whole window is at stake it is the last few seconds."""
SLOPE = 1.5
"""Decibels a second by which a gain changes at most."""
FRAME_SECONDS = 0.128


def steady(
    pieces: Iterable[Tensor], sample_rate: int, *, window: int, starts: Sequence[int] = (0,)
) -> Iterator[Tensor]:
    """Pieces [1, C, t] -> pieces, as many samples in all, whose bands stay within `TOLERANCE` of those of the
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
    """How far the bands of frames have gone from those of the first `window` frames after the last of `starts`,
    as the gains that bring them back."""

    def __init__(self, sample_rate: int, size: int, window: int, starts: Sequence[int]) -> None:
        rate = 2 * sample_rate / size
        self.window, self.starts, self.slope = window, sorted(starts), SLOPE / rate
        self.heard, self.now = (max(1, min(window, round(s * rate))) for s in (HEARD_SECONDS, NOW_SECONDS))
        hertz = torch.fft.rfftfreq(size, 1 / sample_rate).double()
        bands = TO_AN_OCTAVE * torch.log2(hertz.clamp_min(LOWEST) / LOWEST)
        self.bands = int(bands.max()) + 1
        edges = torch.arange(self.bands)[:, None]
        self.members = ((bands >= edges) & (bands < edges + 1)).double()
        places = (bands - 0.5).clamp(0, self.bands - 1)
        self.low = places.long()
        self.mix = (2 * (places - self.low) - 0.5).clamp(0, 1)  # flat in the middle half of each
        self.decibels = torch.zeros(self.bands, dtype=torch.float64)
        self.came, self.left = [self.decibels], [self.decibels]
        """Power of each band that came and that left before each frame, summed up."""

    def gains(self, frames: Tensor) -> Tensor:
        """Spectra [1, C, N, bins] of the next N frames -> their gains [N, bins]."""
        power = frames.detach().abs().double().square().mean((0, 1)).cpu()
        return torch.stack([self._gain(spectrum) for spectrum in power]).to(frames.device, frames.real.dtype)

    def _gain(self, power: Tensor) -> Tensor:
        """The gain [bins] of the next frame, whose power [bins] it is."""
        self.came.append(self.came[-1] + self.members @ power)
        self._follow(len(self.left) - 1)
        between = torch.lerp(self.decibels[self.low], self.decibels[(self.low + 1).clamp_max(self.bands - 1)], self.mix)
        self.left.append(self.left[-1] + self.members @ (power * 10 ** (between / 10)))
        return 10 ** (between / 20)

    def _follow(self, frame: int) -> None:
        """Moves the gains of the bands towards what is wanted of them at a frame."""
        start = max((start for start in self.starts if start <= frame), default=0)
        if frame < start + self.window:
            self.decibels = torch.zeros_like(self.decibels)
            return
        first = self.came[start + self.window] - self.came[start]
        past, now = (self._apart(self.came, frame + 1, length, first) for length in (self.heard, self.now))
        whole = self._apart(self.left, frame, self.window, first)
        wanted = past.clamp(-TOLERANCE, TOLERANCE) - past
        wanted = torch.where(whole > TOLERANCE, torch.minimum(wanted, -now), wanted)
        wanted = torch.where(whole < -TOLERANCE, torch.maximum(wanted, -now), wanted)
        pause = (2 * MOST_BOOST + TOLERANCE + torch.minimum(past, now)).clamp_min(
            0
        )  # what fell much further was meant to
        wanted = torch.minimum(wanted, pause).clamp_min(-MOST_CUT)
        self.decibels = self.decibels + (wanted - self.decibels).clamp(-self.slope, self.slope)

    def _apart(self, sums: list[Tensor], end: int, length: int, first: Tensor) -> Tensor:
        """Decibels [bands] from the first window, whose power was `first` in all, to `length` frames before `end`."""
        floor = QUIET * first.sum().clamp_min(1e-12)
        power = (sums[end] - sums[end - length]) * (self.window / length)
        return 10 * torch.log10((power + floor) / (first + floor))
