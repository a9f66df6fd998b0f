"""Prefetching: what is asked for next is made while the last is used, in order; by threads, or by whatever submits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Asked = TypeVar("Asked")
Made = TypeVar("Made")


def prefetch(
    make: Callable[[int], Made], steps: Iterable[int], *, ahead: int = 2, threads: int = 1
) -> Generator[tuple[int, Made], None, None]:
    """(step, make(step)) for each of `steps`, in their order, with up to `ahead` made in advance.

    An error in `make` is raised at its step. Closing the iterator stops the threads.
    """
    if ahead < 1 or threads < 1:
        raise ValueError(f"ahead is {ahead} and threads {threads}, but both must be at least 1")
    pool = ThreadPoolExecutor(threads, thread_name_prefix="prefetch")
    try:
        yield from in_order(lambda step: pool.submit(make, step), steps, ahead)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def in_order(
    submit: Callable[[Asked], Future[Made]], asked: Iterable[Asked], ahead: int
) -> Generator[tuple[Asked, Made], None, None]:
    """(one, its result) for each of `asked`, in their order, with up to `ahead` submitted in advance."""
    todo = iter(asked)
    waiting: deque[tuple[Asked, Future[Made]]] = deque((one, submit(one)) for one in islice(todo, ahead))
    while waiting:
        one, made = waiting.popleft()
        result = made.result()
        waiting.extend((later, submit(later)) for later in islice(todo, 1))
        yield one, result
