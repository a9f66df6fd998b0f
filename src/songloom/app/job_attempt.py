"""One attempt at a job: how far it is, whether it is to stop, how it ends."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from songloom.app.job_store import Job, JobStore, State

PARTIAL = "partial.wav"
"""What there is of a candidate while it is made, at the model's own level."""
REPORT_SECONDS = 0.25


class Stopped(Exception):
    """An attempt ends before its work is done, in this state and for this reason; `state` is None when another worker
    has the job now."""

    def __init__(self, state: State | None, reason: str | None = None) -> None:
        super().__init__(reason)
        self.state, self.reason = state, reason


class Attempt:
    """Tells the store how far it is when it is called with a fraction, 0..1. Raises Stopped when the job is cancelled,
    takes too long, or was given up. `room` is how many jobs that are alike may be done at once, and bytes of memory
    that they may take (None: half of what is free)."""

    def __init__(self, store: JobStore, job: Job, room: tuple[int, int | None] = (1, None)) -> None:
        self.store, self.job, self.room = store, job, room
        self.folder = store.place(job.id)
        self.over = False
        self._began = self._loaded = time.monotonic()
        self._told = -REPORT_SECONDS

    def __call__(self, progress: float) -> None:
        now = time.monotonic() - self._began
        if now > self.job.timeout:
            raise Stopped("failed", too_long(self.job))
        if now - self._told < REPORT_SECONDS:
            return
        self._told = now
        known = self.store.report(self.job, progress)
        if known is None or known.stop:
            raise Stopped(None if known is None else "cancelled")

    def ready(self) -> None:
        """The model is loaded: what takes time from here on is the work itself."""
        self._loaded = time.monotonic()

    def others(self, most: int) -> list[Attempt]:
        """Attempts at up to so many more jobs that wait and are like this one. A job that crashed is done alone, so
        that it brings down no other again."""
        if most < 1 or not self.job.alike or self.job.crashes:
            return []
        assert self.job.worker is not None
        found = self.store.claim_alike(self.job, most)
        return [Attempt(self.store, job) for job in found]

    def done(self, results: Sequence[dict[str, Any]], together: int = 1) -> None:
        """It is done, with so many others at once, among which the time is shared."""
        self.over = True
        size = sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file() and path.name != PARTIAL)
        worked = (time.monotonic() - self._loaded) / together
        self.store.finish(self.job, list(results), size, worked, peak(), together)
        (self.folder / PARTIAL).unlink(missing_ok=True)

    @contextmanager
    def ending(self) -> Iterator[None]:
        """What stops the work inside, or makes it fail, ends this attempt and nothing else."""
        try:
            yield
        except Stopped as stopped:
            self._end(stopped.state, stopped.reason)
        except ValueError as error:
            self._end("failed", " ".join(str(error).split()))
        except OSError as error:  # where its files lie is nobody's business
            self._end("failed", error.strerror or " ".join(str(error).split()))

    def _end(self, state: State | None, reason: str | None) -> None:
        (self.folder / PARTIAL).unlink(missing_ok=True)  # first: on a full disk it makes room for the next line
        if not self.over and state is not None:
            self.store.stop(self.job, state, reason)
        self.over = True


def too_long(job: Job) -> str:
    """Why a job failed that took too long."""
    return f"it took longer than {job.timeout:g} s"


def peak() -> int:
    """The most bytes of memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
