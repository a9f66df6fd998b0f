"""Local processes: a function of one thing mapped over many, results as they come."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, TypeVar

Name = TypeVar("Name", bound=Hashable)
Made = TypeVar("Made")
Died = Callable[[Any], Made]


def mapped(
    make: Callable[..., Made], tasks: Mapping[Name, tuple[Any, ...]], jobs: int, *, died: Died[Made] | None = None
) -> Iterator[tuple[Name, Made]]:
    """(name, make(*arguments)) of each task, in any order, by `jobs` processes. An error in one is raised, and what has
    not begun is left. Where a process is killed, by its own fault or another's, its tasks are tried again one by one;
    for one that kills its process again `died(name)` is the result, or without `died` a ValueError."""
    if jobs == 1 or len(tasks) < 2:
        for name, arguments in tasks.items():
            yield name, make(*arguments)
        return
    left = dict(tasks)
    try:
        for name, made in _together(make, tasks, jobs):
            del left[name]
            yield name, made
    except BrokenProcessPool:
        for name, arguments in left.items():
            yield name, _alone(make, name, arguments, died)


def _together(
    make: Callable[..., Made], tasks: Mapping[Name, tuple[Any, ...]], jobs: int
) -> Iterator[tuple[Name, Made]]:
    with ProcessPoolExecutor(min(jobs, len(tasks)), mp_context=get_context("spawn")) as pool:
        running = {pool.submit(make, *arguments): name for name, arguments in tasks.items()}
        try:
            for future in as_completed(running):
                yield running[future], future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _alone(make: Callable[..., Made], name: Any, arguments: tuple[Any, ...], died: Died[Made] | None) -> Made:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        try:
            return pool.submit(make, *arguments).result()
        except BrokenProcessPool:
            if died is None:
                raise ValueError(f"the process that worked on {name} was killed") from None
            return died(name)
