"""Long audio in pieces: spans of frames, and networks run over a stream as if over the whole.

A frame is `taken` positions of the input and `given` positions of the output. What a network makes of a frame
depends on a bounded number of frames beside it, so a window that holds these gives the same as the whole; at
the two ends of the stream the window ends there too, so padding is that of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor


@dataclass(frozen=True)
class Span:
    """Frames `start` to `stop` (not included) are wanted; `first` to `last` must be read for that."""

    start: int
    stop: int
    first: int
    last: int

    @property
    def wanted(self) -> slice:
        """The wanted frames among those read."""
        return slice(self.start - self.first, self.stop - self.first)


def spans(frames: int, *, size: int, context: int) -> Iterator[Span]:
    """Spans of `size` frames that tile `frames`, each with up to `context` more on either side."""
    if size < 1 or context < 0:
        raise ValueError(f"size {size} and context {context}; needs 1 or more and 0 or more")
    for start in range(0, frames, size):
        stop = min(start + size, frames)
        yield Span(start, stop, max(start - context, 0), min(stop + context, frames))


@dataclass(frozen=True)
class Reach:
    """How far a network sees: frame f depends on frames f - `before` to f + `after`; frames near the beginning
    (where padding mirrors what comes) on the first `lead` frames too."""

    before: int
    after: int
    lead: int = 0

    def __post_init__(self) -> None:
        if min(self.before, self.after, self.lead) < 0:
            raise ValueError(f"before {self.before}, after {self.after}, lead {self.lead}; needs 0 or more of each")


def windowed(
    pieces: Iterable[Tensor],
    run: Callable[[Tensor], Tensor],
    reach: Reach,
    *,
    taken: int = 1,
    given: int = 1,
    size: int = 1024,
) -> Iterator[Tensor]:
    """`run` over a stream: pieces [..., t] of any lengths -> pieces [..., f * given], together `run` of the whole.

    `run` turns n * taken positions into n * given; at the end of the stream it may see a part of a frame, and
    what it makes of the last window is given whole. It sees at most `size` frames and its reach at a time. A frame
    is given as soon as all that it depends on has come. Raises ValueError when nothing comes at all.
    """
    if min(taken, given, size) < 1:
        raise ValueError(f"taken {taken}, given {given}, size {size}; needs 1 or more of each")
    rest: Tensor | None = None  # what comes may still depend on; its first `done` frames are given already
    done = 0
    for piece in chain((piece for piece in pieces if piece.shape[-1]), [None]):
        ended = piece is None
        if piece is not None:
            rest = piece if rest is None else torch.cat([rest, piece], -1)
        elif rest is None:
            raise ValueError("the stream ended before anything came")
        assert rest is not None
        frames = -(-rest.shape[-1] // taken) if ended else rest.shape[-1] // taken
        ready = frames if ended else frames - reach.after if frames > reach.lead else 0
        while done < ready:
            stop = min(done + size, ready)
            made = run(rest[..., : max(stop + reach.after, reach.lead + 1) * taken])
            yield made[..., done * given : None if ended and stop == frames else stop * given]
            passed = max(0, stop - reach.before)
            rest, done = rest[..., passed * taken :], stop - passed
            frames, ready = frames - passed, ready - passed


def regrouped(pieces: Iterable[Tensor], size: int) -> Iterator[Tensor]:
    """The same positions in pieces [..., size]; the last one may be shorter. Empty streams stay empty."""
    rest: Tensor | None = None
    for piece in pieces:
        rest = piece if rest is None else torch.cat([rest, piece], -1)
        whole = rest.shape[-1] // size * size
        yield from torch.split(rest[..., :whole], size, -1) if whole else ()
        rest = rest[..., whole:]
    if rest is not None and rest.shape[-1]:
        yield rest


def exactly(pieces: Iterable[Tensor], size: int, *, filled: bool = True) -> Iterator[Tensor]:
    """The first `size` positions of pieces [..., t]; where there are fewer, zeros follow if they are to be `filled`.
    Empty pieces are left out."""
    left = size
    last: Tensor | None = None
    for piece in pieces:
        last = piece
        if piece.shape[-1]:
            yield piece[..., :left]
            left -= min(left, piece.shape[-1])
        if not left:
            return
    if filled and left and last is not None:
        yield last.new_zeros(*last.shape[:-1], left)
