"""Long audio on a fixed grid: windows whose place does not depend on the pieces in which the audio comes.

A network that sees its whole input (group norm, attention, phase search) gives the same for any pieces only when
it always gets the very same windows. So a stream is cut every `size` frames from its beginning, each window with
`context` frames on either side, and a clip that comes whole is cut in the same places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor
from torch.nn import functional

from songloom.audio.chunks import Span


def on_grid(
    pieces: Iterable[Tensor], *, size: int, context: int, taken: int = 1, margin: int = 0
) -> Iterator[tuple[Tensor, Span]]:
    """Pieces [..., t] of any lengths -> windows and their spans of frames, where a frame is `taken` positions.

    A window holds the positions of frames `first` to `last`, and `margin` more on either side, zeros outside the
    stream; the last frame may be filled up with zeros. Each window is given as soon as all of it has come.
    Raises ValueError when nothing comes at all.
    """
    if min(size, taken) < 1 or min(context, margin) < 0:
        raise ValueError(f"size {size}, taken {taken}, context {context}, margin {margin}; needs 1 and 0 or more")
    rest: Tensor | None = None  # positions from `origin` on
    origin, start = -margin, 0
    for piece in pieces:
        rest = functional.pad(piece, (margin, 0)) if rest is None else torch.cat([rest, piece], -1)
        while origin + rest.shape[-1] >= (start + size + context) * taken + margin:
            span = Span(start, start + size, max(start - context, 0), start + size + context)
            yield _window(rest, span, origin, taken, margin), span
            start += size
            passed = max(start - context, 0) * taken - margin - origin
            rest, origin = rest[..., passed:], origin + passed
    if rest is None or origin + rest.shape[-1] <= 0:
        raise ValueError("the stream ended before anything came")
    frames = -(-(origin + rest.shape[-1]) // taken)
    rest = functional.pad(rest, (0, frames * taken + margin - origin - rest.shape[-1]))
    for begin in range(start, frames, size):
        stop = min(begin + size, frames)
        span = Span(begin, stop, max(begin - context, 0), min(stop + context, frames))
        yield _window(rest, span, origin, taken, margin), span


def _window(rest: Tensor, span: Span, origin: int, taken: int, margin: int) -> Tensor:
    return rest[..., span.first * taken - margin - origin : span.last * taken + margin - origin]
