"""The process that works on jobs: it takes the oldest one that waits, makes its music, and writes it down.

    python -m songloom.app.job_worker FOLDER

It ends when its standard input does, so it does not outlive the queue that started it, however that ended.
"""

from __future__ import annotations

import dataclasses
import os
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any

import torch

from songloom.app.job_store import Job, JobStore, State
from songloom.app.job_task import Task, task_of
from songloom.audio.clip import Audio
from songloom.audio.wav_stream import WavStream
from songloom.inference import candidates, song
from songloom.inference.song import Model

PARTIAL = "partial.wav"
"""What there is of a candidate while it is made, at the model's own level."""
IDLE_SECONDS = 0.1
REPORT_SECONDS = 0.25


class Stopped(Exception):
    """An attempt ends before its music is made, in this state and for this reason; `state` is None when another worker
    has the job now."""

    def __init__(self, state: State | None, reason: str | None = None) -> None:
        super().__init__(reason)
        self.state, self.reason = state, reason


class Watch:
    """Tells the store how far an attempt is. Raises Stopped when it is cancelled, takes too long, or was given up."""

    def __init__(self, store: JobStore, job: Job) -> None:
        self.store, self.job = store, job
        self.began = self.loaded = time.monotonic()
        self._told = -REPORT_SECONDS

    def __call__(self, progress: float) -> None:
        now = time.monotonic() - self.began
        if now > self.job.timeout:
            raise Stopped("failed", too_long(self.job))
        if now - self._told < REPORT_SECONDS:
            return
        self._told = now
        known = self.store.report(self.job, progress)
        if known is None or known.stop:
            raise Stopped(None if known is None else "cancelled")


def too_long(job: Job) -> str:
    """Why a job failed that took too long."""
    return f"it took longer than {job.timeout:g} s"


def work(store: JobStore) -> bool:
    """Works on the oldest job that waits; whether there was one."""
    job = store.claim(os.getpid())
    if job is None:
        return False
    watch, folder = Watch(store, job), store.place(job.id)
    try:
        results = _make(task_of(job.task, folder), folder, watch)
    except Stopped as stopped:
        if stopped.state is not None:
            store.stop(job, stopped.state, stopped.reason)
    except (ValueError, OSError) as error:
        store.stop(job, "failed", " ".join(str(error).split()))
    else:
        size = sum(path.stat().st_size for path in folder.iterdir() if path.name != PARTIAL)
        store.finish(job, results, size, time.monotonic() - watch.loaded, _peak())
    (folder / PARTIAL).unlink(missing_ok=True)
    return True


def _make(task: Task, folder: Path, watch: Watch) -> list[dict[str, Any]]:
    """Makes and writes the files; tells of each its name, recipe and what is measured, the best first."""
    watch(0.0)
    model = song.open_model(task.model, task.loras, task.precision)
    watch.loaded = time.monotonic()
    made = [_candidate(model, task, place, folder, watch) for place in range(task.request.candidates)]
    results = []
    for place, audio in enumerate(candidates.ranked(made, task.request)):
        name = f"{place + 1}{task.suffix}"
        audio.save(folder / name)
        measured = candidates.heard(audio, task.request)
        results.append({"file": name, "seconds": audio.seconds, "recipe": dict(audio.recipe), "measured": measured})
    return results


def _candidate(model: Model, task: Task, place: int, folder: Path, watch: Watch) -> Audio:
    """One candidate, written as it is made."""
    alone = dataclasses.replace(task.request, seed=task.request.seed + place, candidates=1)
    count, pieces = task.request.candidates, []

    def report(done: float) -> None:
        watch((place + done) / count)

    with (folder / PARTIAL).open("wb") as file, WavStream(file, model.system.sample_rate, model.system.channels) as wav:
        for piece in model.system.stream(alone, progress=report):
            pieces.append(piece[0])
            wav.write(piece[0])
    report(1.0)
    return song.finished(model, torch.cat(pieces, dim=-1), alone, task.loudness)


def _peak() -> int:
    """The most bytes of memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _leave_with_the_queue() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    """Works until the queue is gone."""
    threading.Thread(target=_leave_with_the_queue, daemon=True).start()
    store = JobStore(Path(sys.argv[1]))
    while True:
        if not work(store):
            time.sleep(IDLE_SECONDS)


if __name__ == "__main__":
    main()
