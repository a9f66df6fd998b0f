"""Work beside its like: many small operations gain little by dividing each of them among threads, but as many streams
of them as there are threads go on at once in the time of one.

What is made on one thread is the same however many threads there are: where an operation is divided, the last numbers
of each part are computed by other code than whole vectors are.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

import torch

Item = TypeVar("Item")
Given = TypeVar("Given")


@contextmanager
def on_threads(count: int) -> Iterator[None]:
    """The operations that this thread calls run on so many threads of torch. Nothing is set where they do already, as
    convolutions that are laid out for a number of threads are forgotten with it."""
    before = torch.get_num_threads()
    if count == before:
        yield
        return
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def in_turn(streams: Sequence[Iterator[Item]]) -> list[list[Item]]:
    """All items of each stream. As many streams as there are threads go on at once, each on its share of these; who is
    furthest behind comes first. What a stream raises is raised here, once all others have stopped."""
    threads = torch.get_num_threads()
    count = min(len(streams), threads)
    if count < 2:
        return [list(stream) for stream in streams]
    made: list[list[Item]] = [[] for _ in streams]
    waiting, lock = [(0, place) for place in range(len(streams))], threading.Lock()

    def taken() -> int | None:
        """A stream that waits; None where others go on with all that are left."""
        with lock:
            return heapq.heappop(waiting)[1] if waiting else None

    def work() -> None:
        try:
            while (place := taken()) is not None:
                for item in islice(streams[place], 1):
                    made[place].append(item)
                    with lock:
                        heapq.heappush(waiting, (len(made[place]), place))
        except BaseException:
            with lock:
                waiting.clear()
            raise

    _on_each(work, count, threads // count)
    return made


def side_by_side(function: Callable[[Given], Item], given: Sequence[Given]) -> list[Item]:
    """What a function makes of each, as many at once as there are threads, each made on one thread."""
    with on_threads(max(1, min(len(given), torch.get_num_threads()))):
        return [item for stream in in_turn([map(function, [one]) for one in given]) for item in stream]


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The items, each made on a thread of its own while the one before is used; where there is one thread, as they are
    asked for."""
    threads = torch.get_num_threads()
    if threads < 2:
        yield from items
        return
    source = iter(items)
    make = _alike(lambda: list(islice(source, 1)), 1)
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
            coming = pool.submit(make)
            while made := coming.result():
                coming = pool.submit(make)
                yield made[0]
    finally:
        torch.set_num_threads(threads)  # threads that are still to come begin with what was set last


def _on_each(work: Callable[[], None], count: int, threads: int) -> None:
    """The same work on this thread and on others, `count` in all."""
    own, before = _alike(work, threads), torch.get_num_threads()
    try:
        with ThreadPoolExecutor(count - 1, thread_name_prefix="beside") as pool:
            others = [pool.submit(own) for _ in range(count - 1)]
            own()
        for other in others:
            other.result()
    finally:
        torch.set_num_threads(before)  # see `ahead`


def _alike(function: Callable[[], Item], threads: int) -> Callable[[], Item]:
    """The function as another thread is to call it: on so many threads, and with gradients as they are here."""
    learning, inference = torch.is_grad_enabled(), torch.is_inference_mode_enabled()

    def called() -> Item:
        with on_threads(threads), torch.inference_mode(inference), torch.set_grad_enabled(learning):
            return function()

    return called
