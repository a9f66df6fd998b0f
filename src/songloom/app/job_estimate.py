"""What a job would take in time, memory and disk, judged by those that are done; and what is too much."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from songloom.app.job_limits import Limits
from songloom.app.job_store import RESERVE_BYTES, Job, JobStore
from songloom.app.job_task import Bound, Task
from songloom.inference import memory

BASE_BYTES = 600_000_000
"""Of memory: what a process has once torch and songloom are imported, with room to work."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """`seconds` of work once the model is loaded (None before any job of its kind is done), bytes of `memory`, and
    `bytes` on the disk at most, of which the inputs take `input_bytes`; judged by `jobs` that are done."""

    seconds: float | None
    memory: int
    bytes: int
    input_bytes: int
    jobs: int


def estimate(store: JobStore, task: Task) -> Estimate:
    """What a task would take. Raises ValueError when its model is not there."""
    weights, done = task.weights(), store.done(task.way)
    alone = [job for job in done if job.together == 1] or done
    known = [(job.seconds, (job.work or 0) / job.candidates) for job in warm(alone) or alone]
    seconds = expected(known, task.seconds)
    peak = max((job.memory or 0 for job in done), default=0)
    longest = max((job.seconds * job.candidates for job in done), default=0.0)
    more = round(task.bytes_a_second * max(0.0, task.seconds * task.parts - longest))
    return Estimate(
        None if seconds is None else seconds * task.parts,
        (peak or BASE_BYTES + weights) + more,
        task.input_bytes + task.output_bytes,
        task.input_bytes,
        len(done),
    )


def warm(done: Sequence[Job]) -> list[Job]:
    """The jobs, the latest first, without the first one of each worker, in which its model warmed up."""
    first = {job.worker: job.id for job in done}
    return [job for job in done if first[job.worker] != job.id]


def expected(known: Sequence[tuple[float, float]], seconds: float) -> float | None:
    """Seconds of work for so many of music, by pairs of music and work that are known: a part that does not depend on
    the length and one that grows with it, neither below 0, by least squares. None when nothing is known."""
    if not known:
        return None
    length, worked = np.array(known).T
    if len(set(length)) > 1:
        slope, fixed = np.polyfit(length, worked, 1)
        if slope >= 0 and fixed >= 0:
            return float(fixed + slope * seconds)
        if slope < 0:
            return float(worked.mean())
    return float((length @ worked) / (length @ length) * seconds)


def refused(limits: Limits, task: Task, needs: Estimate, timeout: float) -> str | None:
    """Why a task is never taken; None when it may be. Raises ValueError when its model does not use what is asked."""
    return _beyond(
        *task.bounds(limits),
        ("{:g} s of work are allowed for it; {:g} may be", timeout, task.most_work(limits)),
        ("{:.0f} bytes of files come with it; {:.0f} may", needs.input_bytes, limits.input_bytes),
    )


def too_many(limits: Limits, store: JobStore, owner: str) -> str | None:
    """Why no task of an owner is taken now; None when one may be."""
    every, mine = store.waiting(owner)
    return _beyond(
        ("{:g} jobs would wait; {:g} may", every + 1, limits.waiting),
        ("{:g} jobs of one owner would wait; {:g} may", mine + 1, limits.waiting_of_owner),
    )


def too_large(limits: Limits, store: JobStore, needs: Estimate) -> str | None:
    """Why there is no room for a task now; None when there is."""
    room = limits.disk - store.used()
    free_disk = shutil.disk_usage(store.folder).free - store.promised() - 2 * RESERVE_BYTES
    free = limits.memory if limits.memory is not None else memory.free()
    return _beyond(
        ("it may take {:.0f} bytes of disk; {:.0f} are left, delete some jobs", needs.bytes, room),
        ("it may take {:.0f} bytes of disk; {:.0f} are free for it", needs.bytes, max(0, free_disk)),
        ("it may take {:.0f} bytes of memory; {:.0f} are there", needs.memory, free),
    )


def _beyond(*bounds: Bound) -> str | None:
    """The first of some bounds that is crossed, in words."""
    return next((said.format(asked, most) for said, asked, most in bounds if most is not None and asked > most), None)
