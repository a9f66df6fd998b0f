"""A function of one thing mapped over many, in order: by this process, by several of this machine, or by a Ray cluster.

All work on a corpus goes through `mapped`, so who works changes nothing of what is made. This file imports nothing
heavy: worker processes read it before numpy and torch wake up.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from songloom.data.prefetch import in_order

Name = TypeVar("Name", bound=Hashable)
Made = TypeVar("Made")
Died = Callable[[Any], Made]
AHEAD = 4
"""Tasks for each process that are begun, or wait for one before them to end."""
LAST_SECONDS = 5.0
"""What a process has to put away what it was making."""


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
    Where it is stopped (Ctrl-C), or nobody takes more of it, the processes break off what they are at.

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
        yield from in_order(lambda name: pool.submit(_call, tasks[name]), tasks, AHEAD * jobs)


def _alone(make: Callable[..., Any], name: Any, arguments: tuple[Any, ...], died: Died[Any] | None) -> Any:
    with _pool(make, 1) as pool:
        try:
            return pool.submit(_call, arguments).result()
        except BrokenProcessPool:
            return lost(name, died)


@contextmanager
def _pool(make: Callable[..., Any], jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Processes for what is inside. They hear that they are to end by the end of a pipe."""
    context = get_context("spawn")
    heard, held = context.Pipe(duplex=False)
    given: Any = (_Prepared(), make, heard)
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_start, initargs=given)
    try:
        yield pool
    except (KeyboardInterrupt, GeneratorExit):
        held.close()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        held.close()
        heard.close()


class _Prepared:
    """Comes before `make` to a new process, so that numpy and torch, which wake up with that, see what it sets."""

    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        return _prepare, ()


def _prepare() -> None:
    """One thread for each process; Ctrl-C is the parent's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"


_make: Callable[..., Any] | None = None
"""What this process was started for."""


class _Ended(SystemExit):
    """The parent has gone, or wants no more of this process."""


def _start(_prepared: None, make: Callable[..., Any], heard: Connection) -> None:
    global _make  # noqa: PLW0603
    _make = make
    signal.signal(signal.SIGTERM, _end)
    threading.Thread(target=_end_with_parent, args=(heard,), daemon=True).start()


def _end(number: int, _frame: object) -> None:
    signal.signal(number, signal.SIG_IGN)  # the pool sends it again to those that are still putting things away
    raise _Ended(1)


def _end_with_parent(heard: Connection) -> None:
    parent = parent_process()
    assert parent is not None
    wait([heard, parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LAST_SECONDS)
    os._exit(1)


def _call(arguments: tuple[Any, ...]) -> Any:
    assert _make is not None
    try:
        return _make(*arguments)
    except _Ended:
        os._exit(1)  # the pool would send it to the parent, and go on with the next
