"""Several requests as one batch: what they must have in common, and their music in the order in which it is made."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from torch import Tensor

from songloom.conditioning.curves import NAMES
from songloom.systems.request import Request
from songloom.systems.roles import Generator, Progress

SHAPE = ("seconds", "lead_seconds", "loop", "guidance", "steps", "temperature", "top_k", "top_p")
"""What requests of one batch have in common, beside the seconds at which their sections begin; words, tempo, key, drums
and seeds are each one's own."""


def shape(request: Request) -> tuple[object, ...] | None:
    """Requests of equal shapes can be made as one batch; None for one with sounds or curves, which is made alone."""
    if any(getattr(request, name) is not None for name in (*NAMES, "init", "continuation")):
        return None
    return (*(getattr(request, name) for name in SHAPE), *(start for start, _ in request.sections))


def together(
    system: Generator, requests: Sequence[Request], *, progress: Progress | None = None
) -> Iterator[tuple[int, Tensor]]:
    """The samples of `system.stream` for each of some requests of one shape, made as one batch: which one, and a piece
    [1, C, t] of it. Raises ValueError for a system that makes one at a time, and for requests that cannot be made at
    once."""
    for request in requests:
        system.check(request)
    shapes = {shape(request) for request in requests}
    if len(shapes) != 1 or None in shapes or any(request.candidates != 1 for request in requests):
        raise ValueError(f"{len(requests)} requests are no batch: each has one candidate, no sounds, and equal lengths")
    made = system.several(requests, [request.seed for request in requests], progress)
    going = {which: system.finished(requests[which], pieces) for which, pieces in enumerate(made)}
    while going:
        for which, pieces in list(going.items()):
            piece = next(pieces, None)
            if piece is None:
                del going[which]
            else:
                yield which, piece


def handed_out(rounds: Iterable[Sequence[Tensor]], count: int) -> list[Iterator[Tensor]]:
    """Rounds of `count` pieces as one stream for each place; what one is ahead of another is kept for it."""
    source = iter(rounds)
    waiting: list[deque[Tensor]] = [deque() for _ in range(count)]

    def stream(own: deque[Tensor]) -> Iterator[Tensor]:
        while True:
            while not own:
                found = next(source, None)
                if found is None:
                    return
                for queue, piece in zip(waiting, found, strict=True):
                    queue.append(piece)
            yield own.popleft()

    return [stream(own) for own in waiting]
