"""What a job would take in time, memory and disk, judged by those that are done; and what is too much."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from songloom.app.job_store import Job, JobStore
from songloom.app.job_task import Task
from songloom.audio.clip import Audio
from songloom.checkpoint import read_config
from songloom.inference import memory
from songloom.published.files import locate
from songloom.published.load import own_folder
from songloom.systems import registry
from songloom.systems.roles import Generator

BASE_BYTES = 600_000_000
"""Of memory: what a process has once torch and songloom are imported, with room to work."""
WAVE_BYTES = 48_000 * 2 * 4 * 4
"""Of memory for a second of music: four copies of stereo at 48 kHz."""
FILE_BYTES = 48_000 * 2 * 2
"""Of disk for a second of music: 16 bits of stereo at 48 kHz."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """`seconds` of work once the model is loaded (None before any job of its kind is done), bytes of `memory`, and
    `bytes` on the disk at most, of which the inputs take `input_bytes`; judged by `jobs` that are done."""

    seconds: float | None
    memory: int
    bytes: int
    input_bytes: int
    jobs: int


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The most that a queue takes: `seconds` of music, `candidates`, bytes of input sounds; jobs that wait, in all and
    of one owner; seconds of work; bytes of memory (None: what is free) and of disk for all files."""

    seconds: float = 600.0
    candidates: int = 8
    input_bytes: int = 200_000_000
    waiting: int = 100
    waiting_of_owner: int = 20
    timeout: float = 3600.0
    memory: int | None = None
    disk: int = 20_000_000_000


def way(task: Task) -> str:
    """What decides how long a second of music takes."""
    return json.dumps([task.model, task.loras, task.precision, task.request.steps])


def estimate(store: JobStore, task: Task) -> Estimate:
    """What a task would take. Raises ValueError when its model is not there."""
    own = own_folder(task.model)
    weights = memory.needed(locate(task.model) if own is None else own, task.precision or "float32")
    done = store.done(way(task))
    known = [(job.seconds, (job.work or 0) / job.candidates) for job in warm(done) or done]
    seconds = expected(known, task.request.seconds)
    peak = max((job.memory or 0 for job in done), default=0)
    longest = max((job.seconds * job.candidates for job in done), default=0.0)
    inputs = input_bytes(task)
    more = round(WAVE_BYTES * max(0.0, task.asked - longest))
    return Estimate(
        None if seconds is None else seconds * task.request.candidates,
        (peak or BASE_BYTES + weights) + more,
        inputs + round(FILE_BYTES * (task.asked + task.request.seconds)),
        inputs,
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


def input_bytes(task: Task) -> int:
    """Bytes of the sounds that a request begins with or follows."""
    values = [getattr(task.request, field.name) for field in dataclasses.fields(task.request)]
    return sum(4 * value.wave.numel() for value in values if isinstance(value, Audio))


class Full(ValueError):
    """A task that would be taken, once other jobs have ended or are deleted."""


def refused(limits: Limits, task: Task, needs: Estimate, timeout: float) -> str | None:
    """Why a task is never taken; None when it may be. Raises ValueError when its model does not use what is asked."""
    own = own_folder(task.model)
    kind = None if own is None else str(read_config(own)["settings"]["kind"])
    if kind is not None:
        cls = registry.system_classes().get(kind)
        if cls is None or not issubclass(cls, Generator):
            return f"{task.model} makes no music from text"
        task.request.check(cls.uses, kind)
    return _beyond(
        ("{:g} s of music are asked; {:g} may be", task.request.seconds, limits.seconds),
        ("{:g} candidates are asked; {:g} may be", task.request.candidates, limits.candidates),
        ("{:g} s of work are allowed for it; {:g} may be", timeout, limits.timeout),
        ("{:.0f} bytes of sounds come with it; {:.0f} may", needs.input_bytes, limits.input_bytes),
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
    free = limits.memory if limits.memory is not None else memory.free()
    return _beyond(
        ("it may take {:.0f} bytes of disk; {:.0f} are left, delete some jobs", needs.bytes, room),
        ("it may take {:.0f} bytes of disk; {:.0f} are free", needs.bytes, shutil.disk_usage(store.folder).free),
        ("it may take {:.0f} bytes of memory; {:.0f} are there", needs.memory, free),
    )


def _beyond(*bounds: tuple[str, float, float | None]) -> str | None:
    """The first of some bounds that is crossed, in words."""
    return next((said.format(asked, most) for said, asked, most in bounds if most is not None and asked > most), None)
