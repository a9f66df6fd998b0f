"""Prefetching: the next batches are made by threads while the current one is trained on, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Made = TypeVar("Made")


def prefetch(
    make: Callable[[int], Made], steps: Iterable[int], *, ahead: int = 2, threads: int = 1
) -> Generator[tuple[int, Made], None, None]:
    """(step, make(step)) for each of `steps`, in their order, with up to `ahead` made in advance.

    An error in `make` is raised at its step. Closing the iterator stops the threads.
    """
    if ahead < 1 or threads < 1:
        raise ValueError(f"ahead is {ahead} and threads {threads}, but both must be at least 1")
    todo = iter(steps)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="prefetch")
    try:
        waiting: deque[tuple[int, Future[Made]]] = deque(
            (step, pool.submit(make, step)) for step in islice(todo, ahead)
        )
        while waiting:
            step, made = waiting.popleft()
            result = made.result()
            waiting.extend((later, pool.submit(make, later)) for later in islice(todo, 1))
            yield step, result
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
