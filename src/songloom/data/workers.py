"""A function of one thing mapped over many, in order: by this process, by several of this machine, or by a Ray cluster.

All work on a corpus goes through `mapped`, so who works changes nothing of what is made. This file imports nothing
heavy: worker processes read it before numpy and torch wake up.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context, parent_process
from typing import Any, TypeVar

from songloom.data.prefetch import in_order

Name = TypeVar("Name", bound=Hashable)
Made = TypeVar("Made")
Died = Callable[[Any], Made]
AHEAD = 4
"""Tasks for each process that are begun, or wait for one before them to end."""


@dataclass(frozen=True, slots=True)
class Workers:
    """Who works: `jobs` processes of this machine (1 is this process itself), or, with `ray`, so many tasks at a time
    on the Ray cluster of that address, where "local" starts one on this machine. 0 jobs are as many as there are
    processors."""

    jobs: int = 1
    ray: str | None = None

    def __post_init__(self) -> None:
        if self.jobs < 0:
            raise ValueError(f"jobs is {self.jobs}, but must be 0 (one for each processor) or more")

    @classmethod
    def of(cls, jobs: int | None, ray: str | None) -> Workers:
        """What a command was told; without `jobs` a cluster gives all that it has, and this machine one process."""
        return cls(jobs if jobs is not None else 1 if ray is None else 0, ray)

    @property
    def processes(self) -> int:
        """Processes of this machine."""
        return self.jobs or processors()


HERE = Workers()
"""This process."""


def processors() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def mapped(
    make: Callable[..., Made],
    tasks: Mapping[Name, tuple[Any, ...]],
    workers: Workers = HERE,
    *,
    died: Died[Made] | None = None,
    gpu: bool = False,
) -> Iterator[tuple[Name, Made]]:
    """(name, make(*arguments)) of each task, in their order. `make` is pickled once for each process, and keeps nothing
    between tasks, since a task may be tried again elsewhere. An error in one is raised, and what has not begun is left.

    For a task that kills its process again and again `died(name)` is the result, or without `died` a ValueError; other
    tasks that a killed process had begun are tried again. With `gpu` each task on a cluster has a GPU.
    """
    if workers.ray is not None:
        from songloom.data.ray_workers import mapped_by_ray

        yield from mapped_by_ray(make, tasks, workers.ray, workers.jobs, died, gpu=gpu)
    elif workers.processes == 1 or len(tasks) < 2:
        for name, arguments in tasks.items():
            yield name, make(*arguments)
    else:
        yield from _by_processes(make, tasks, min(workers.processes, len(tasks)), died)


def lost(name: Any, died: Died[Made] | None) -> Made:
    """The result of a task that killed its process each time."""
    if died is None:
        raise ValueError(f"the process that worked on {name} was killed")
    return died(name)


def _by_processes(
    make: Callable[..., Made], tasks: Mapping[Name, tuple[Any, ...]], jobs: int, died: Died[Made] | None
) -> Iterator[tuple[Name, Made]]:
    left = dict(tasks)
    while left:
        try:
            for name, made in _together(make, dict(left), jobs):
                del left[name]
                yield name, made
        except BrokenProcessPool:
            for name in list(islice(left, AHEAD * jobs)):  # one of them did it
                yield name, _alone(make, name, left.pop(name), died)


def _together(
    make: Callable[..., Made], tasks: Mapping[Name, tuple[Any, ...]], jobs: int
) -> Iterator[tuple[Name, Made]]:
    with _pool(make, jobs) as pool:
        try:
            yield from in_order(lambda name: pool.submit(_call, tasks[name]), tasks, AHEAD * jobs)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _alone(make: Callable[..., Any], name: Any, arguments: tuple[Any, ...], died: Died[Any] | None) -> Any:
    with _pool(make, 1) as pool:
        try:
            return pool.submit(_call, arguments).result()
        except BrokenProcessPool:
            return lost(name, died)


def _pool(make: Callable[..., Any], jobs: int) -> ProcessPoolExecutor:
    given: Any = (_OneThread(), make)
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_start, initargs=given)


class _OneThread:
    """Comes before `make` to a new process, so that numpy and torch, which wake up with that, see what it sets."""

    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        return _one_thread, ()


def _one_thread() -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"


_make: Callable[..., Any] | None = None
"""What this process was started for."""


def _start(*given: Any) -> None:
    """Ctrl-C is the parent's to handle; a parent that is killed takes this process along."""
    global _make  # noqa: PLW0603
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _make = given[-1]


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _call(arguments: tuple[Any, ...]) -> Any:
    assert _make is not None
    return _make(*arguments)
