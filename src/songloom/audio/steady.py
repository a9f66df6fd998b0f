"""Long music that stays as loud and as bright as it began: a slow equaliser that only undoes drift.

A model that goes on from its own output may grow louder, duller or thinner by the minute. Half-octave bands of what was
just heard are held against those of the first window; what differs by more than a tolerance is brought back to it.
What has left is held against it too: a loud verse or a break may pass, but where the last window as it left, with some
seconds more of what comes now, would end up louder or thinner than the first by more than is at stake, the equaliser
follows more quickly, and no further than that needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from songloom.audio.bands import place

TOLERANCE, STAKE = 2.0, 1.8
"""Decibels by which a band may differ for some seconds before anything is done, and on average over a window."""
MOST_BOOST, MOST_CUT = 18.0, 30.0
QUIET = 1e-5
"""Share of the first window's power that is added to each band: what is far below it does not count."""
HEARD_SECONDS, NOW_SECONDS = 20.0, 4.0
"""How much of the past is compared with the first window, at most: what is shorter, as a break, is no drift. What comes
now is what the last few seconds were."""
AHEAD = 6
"""A whole window is at stake where a sixth of one more like now would bring it out of bounds."""
SLOPE, RISE, FALL = 1.5, 3.0, 9.0
"""Decibels a second by which a gain changes at most; by which it rises and falls where a whole window is at stake."""
FRAME_SECONDS = 0.128


def steady(
    pieces: Iterable[Tensor], sample_rate: int, *, window: int, starts: Sequence[int] = (0,)
) -> Iterator[Tensor]:
    """Pieces [1, C, t] -> pieces, as many samples in all, whose bands stay within `TOLERANCE` of those of the
    first `window` samples after the last of `starts` (samples, where what is wanted changes), as long as that is a
    matter of 18 dB up or 30 dB down. What leaves is `FRAME_SECONDS` later than what comes."""
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
        self.window, self.starts, self.rate = window, sorted(starts), 2 * sample_rate / size
        self.heard, self.now = (max(1, min(window, round(s * self.rate))) for s in (HEARD_SECONDS, NOW_SECONDS))
        hertz = torch.fft.rfftfreq(size, 1 / sample_rate).double()
        bands = place(hertz).clamp_min(0)
        self.bands = int(bands.max()) + 1
        edges = torch.arange(self.bands)[:, None]
        self.members = ((bands >= edges) & (bands < edges + 1)).double()
        places = (bands - 0.5).clamp(0, self.bands - 1)
        self.low = places.long()
        self.mix = (2 * (places - self.low) - 0.5).clamp(0, 1)  # flat in the middle half of each
        self.decibels = torch.zeros(self.bands, dtype=torch.float64)
        self.came, self.left = [self.decibels], [self.decibels]
        """Power of each band that came and that left before each frame, summed up."""
        self.usual, self.loudest = self.decibels, self.decibels
        """Power of each band in a frame of the first window, with what does not count, and in its loudest frame."""

    def gains(self, frames: Tensor) -> Tensor:
        """Spectra [1, C, N, bins] of the next N frames -> their gains [N, bins]."""
        power = frames.detach().abs().double().square().mean((0, 1)).cpu()
        return torch.stack([self._gain(spectrum) for spectrum in power]).to(frames.device, frames.real.dtype)

    def _gain(self, power: Tensor) -> Tensor:
        """The gain [bins] of the next frame, whose power [bins] it is."""
        frame, bands = len(self.left) - 1, self.members @ power
        self.came.append(self.came[-1] + bands)
        start = max((start for start in self.starts if start <= frame), default=0)
        if frame < start + self.window:
            self.decibels = torch.zeros_like(self.decibels)
        else:
            if frame == start + self.window:
                self._remember(start, frame)
            self._follow(frame)
            # What comes back after a rest is no louder for it than the loudest that was.
            most = _decibels(self.loudest / bands.clamp_min(1e-12)).clamp_min(0)
            self.decibels = torch.minimum(self.decibels, most)
        between = torch.lerp(self.decibels[self.low], self.decibels[(self.low + 1).clamp_max(self.bands - 1)], self.mix)
        self.left.append(self.left[-1] + self.members @ (power * 10 ** (between / 10)))
        return 10 ** (between / 20)

    def _remember(self, start: int, end: int) -> None:
        """The first window, from one frame to another."""
        each = torch.stack(self.came[start : end + 1]).diff(dim=0)
        self.usual, self.loudest = each.mean(0), each.amax(0)
        self.usual = self.usual + QUIET * self.usual.sum().clamp_min(1e-12)

    def _follow(self, frame: int) -> None:
        """Moves the gains of the bands towards what is wanted of them at a frame."""
        past, now = (self._mean(self.came, frame + 1 - count, frame + 1) for count in (self.heard, self.now))
        drift = _decibels(past / self.usual)
        slow = drift.clamp(-TOLERANCE, TOLERANCE) - drift
        wanted = torch.maximum(torch.minimum(slow, self._bound(STAKE, frame, now)), self._bound(-STAKE, frame, now))
        # Where all music rests it is not made loud; what fell much further was meant to.
        rest = 2 * MOST_BOOST + TOLERANCE + _decibels(now.sum() / self.usual.sum())
        wanted = torch.minimum(wanted, rest.clamp(0, MOST_BOOST)).clamp_min(-MOST_CUT)
        up, down = (torch.where(wanted == slow, SLOPE, fast) / self.rate for fast in (RISE, FALL))
        self.decibels = self.decibels + torch.maximum(torch.minimum(wanted - self.decibels, up), -down)

    def _bound(self, apart: float, frame: int, now: Tensor) -> Tensor:
        """The gain [bands], in dB, at which a window that ends `AHEAD` is so many decibels from the first, if what
        comes until then is like now."""
        ahead = max(1, self.window // AHEAD)
        kept = self.window - ahead
        left = kept * self._mean(self.left, frame - kept, frame) if kept else torch.zeros_like(now)
        room = self.window * self.usual * 10 ** (apart / 10) - left
        return _decibels(torch.maximum(room, 1e-9 * self.usual) / (ahead * now))

    def _mean(self, sums: list[Tensor], begin: int, end: int) -> Tensor:
        """The power of each band in a frame, on average from one to another, with what does not count."""
        return (sums[end] - sums[begin]) / (end - begin) + QUIET * self.usual.sum()


def _decibels(ratio: Tensor) -> Tensor:
    return 10 * torch.log10(ratio)
