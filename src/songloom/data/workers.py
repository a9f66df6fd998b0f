"""Local processes: a function of one thing mapped over many, results as they come."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any, TypeVar

Name = TypeVar("Name", bound=Hashable)
Made = TypeVar("Made")


def mapped(make: Callable[..., Made], tasks: Mapping[Name, tuple[Any, ...]], jobs: int) -> Iterator[tuple[Name, Made]]:
    """(name, make(*arguments)) of each task, in any order, by `jobs` processes. An error in one is raised, and what has
    not begun is left."""
    if jobs == 1 or len(tasks) < 2:
        for name, arguments in tasks.items():
            yield name, make(*arguments)
        return
    with ProcessPoolExecutor(min(jobs, len(tasks)), mp_context=get_context("spawn")) as pool:
        running = {pool.submit(make, *arguments): name for name, arguments in tasks.items()}
        try:
            for future in as_completed(running):
                yield running[future], future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
