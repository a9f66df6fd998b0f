"""Long audio in pieces: spans of frames with the context that a network's receptive field needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


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
