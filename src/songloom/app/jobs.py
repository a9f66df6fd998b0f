"""A queue of jobs, without a server: they wait on the disk, and worker processes do one after the other, some at once.

    with JobQueue(Path("jobs")) as queue:
        job = queue.submit(Music(request=Request(prompt="calm harp")))
        print(queue.wait(job.id).results[0]["file"])

All that is known lies in `jobs.sqlite` and the jobs' folders, so nothing is lost when processes are killed: what they
had begun is begun again.
"""

from __future__ import annotations

import re
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType

from songloom.app.job_attempt import PARTIAL, too_long
from songloom.app.job_estimate import Estimate, estimate, refused, too_large, too_many
from songloom.app.job_limits import Full, Limits
from songloom.app.job_process import Start, Worker, WorkerProcess
from songloom.app.job_store import ENDED, Job, JobStore, State
from songloom.app.job_task import Task

IDENTITY = re.compile("[0-9a-f]{16}")
LOOK_SECONDS = 0.1
GRACE_SECONDS = 10.0
"""How long a worker may take to see that its job is to stop, before it is killed."""
RESTART_SECONDS = 1.0
"""Between a worker's crash and the next one's start."""


class JobQueue:
    """The one queue of a data folder, with its workers. Threads may share it."""

    def __init__(
        self, folder: Path, limits: Limits | None = None, *, workers: int = 1, start: Start = WorkerProcess
    ) -> None:
        """Opens the queue, and has so many workers begun by `start`; what ran when it was last killed waits again.
        Raises ValueError when the folder has a queue that is open."""
        if workers < 1:
            raise ValueError(f"a queue of {workers} workers; needs at least one")
        self.folder, self.limits = Path(folder), limits or Limits()
        (self.folder / "jobs").mkdir(parents=True, exist_ok=True)
        self._held = _alone(self.folder)
        self.store = JobStore(self.folder)
        self.store.crashed("the queue was killed while it ran")
        known = {job.id for job in self.store.every(most=-1)}
        for path in (self.folder / "jobs").iterdir():
            if IDENTITY.fullmatch(path.name) and path.name not in known:  # killed before it was queued, or deleted
                shutil.rmtree(path, ignore_errors=True)
        self.store.reserve()
        self.store.open(yes=True)
        self._submitting, self._closing = threading.Lock(), threading.Event()
        self._start = partial(start, self.folder, self.limits)
        self._workers = [self._start(place) for place in range(workers)]
        self._watching = threading.Thread(target=self._watch, name="jobs", daemon=True)
        self._watching.start()

    def estimate(self, task: Task) -> Estimate:
        """What a task would take, judged by the jobs that are done. Raises ValueError when there is no such model."""
        return estimate(self.store, task)

    def checked(self, task: Task, timeout: float | None = None) -> Estimate:
        """The estimate of a task that would be taken, if not now. Raises ValueError, with the bound, for one that is
        too long or too large, and for one that its model cannot meet."""
        needs = self.estimate(task)
        limit = task.most_work(self.limits) if timeout is None else timeout
        if (reason := refused(self.limits, task, needs, limit)) is not None:
            raise ValueError(f"refused: {reason}")
        return needs

    def submit(self, task: Task, *, owner: str = "", timeout: float | None = None) -> Job:
        """Queues a task that can be `checked`; `timeout` is in seconds from its beginning. Raises Full for one too
        many."""
        self._check_number(owner)  # at once, since a flood of tasks is not worth an estimate each
        needs = self.checked(task, timeout)
        timeout = task.most_work(self.limits) if timeout is None else timeout
        with self._submitting:
            self._check_number(owner)
            if (reason := too_large(self.limits, self.store, needs)) is not None:
                raise Full(f"refused: {reason}")
            identity = secrets.token_hex(8)
            folder = self.store.place(identity)
            folder.mkdir()
            try:
                job = Job(
                    id=identity,
                    owner=owner,
                    state="queued",
                    task=task.stored(folder),
                    way=task.way,
                    alike=task.alike,
                    seconds=task.seconds,
                    candidates=task.parts,
                    timeout=timeout,
                    bytes=needs.bytes,
                    input_bytes=needs.input_bytes,
                    expected=needs.seconds,
                    created=time.time(),
                )
                self.store.add(job)
            except OSError:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        return job

    def job(self, identity: str) -> Job:
        """A job as it stands. Raises ValueError when there is none of this name."""
        return self.store.get(identity)

    def jobs(
        self, state: State | None = None, owner: str | None = None, most: int = 1000, kind: str | None = None
    ) -> list[Job]:
        """The history, the latest first."""
        return self.store.every(state, owner, most, kind)

    def counts(self) -> dict[str, int]:
        """How many jobs there are in each state that any is in."""
        return self.store.counts()

    def place(self, identity: str) -> Path:
        """The folder of a job's files."""
        return self.store.place(identity)

    def files(self, identity: str) -> list[Path]:
        """The results of a job, the best first; none before it is done."""
        return [self.store.place(identity) / result["file"] for result in self.job(identity).results]

    def partial(self, identity: str) -> Path | None:
        """A WAV of what there is while a job runs; it grows until its candidate is made."""
        path = self.store.place(self.job(identity).id) / PARTIAL
        return path if path.exists() else None

    def cancel(self, identity: str) -> None:
        """Ends a job that waits at once, and one that runs soon."""
        self.job(identity)
        self.store.cancel(identity)

    def delete(self, identity: str) -> None:
        """Removes a job that has ended, with its files. Raises ValueError for one that has not."""
        self.store.delete(identity)
        shutil.rmtree(self.store.place(identity), ignore_errors=True)
        self.store.reserve()

    def wait(self, identity: str, *, seconds: float = float("inf")) -> Job:
        """The job once it has ended. Raises TimeoutError when it has not by then."""
        until = time.monotonic() + seconds
        while (job := self.job(identity)).state not in ENDED:
            if time.monotonic() > until:
                raise TimeoutError(f"job {identity} is still {job.state} after {seconds:g} s")
            time.sleep(LOOK_SECONDS)
        return job

    def close(self, *, patience: float = 0.0) -> None:
        """Begins no more jobs, gives those that run so many seconds, and stops the workers; what they had not made
        waits for the next queue of this folder."""
        if self._closing.is_set():
            return
        self.store.open(yes=False)
        until = time.monotonic() + patience
        while time.monotonic() < until and self.store.every("running", most=1):
            time.sleep(LOOK_SECONDS)
        self._closing.set()
        self._watching.join()
        for worker in self._workers:
            worker.kill()
        self.store.abandon()
        self.store.close()
        self._held.close()

    def __enter__(self) -> JobQueue:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check_number(self, owner: str) -> None:
        if (reason := too_many(self.limits, self.store, owner)) is not None:
            raise Full(f"refused: {reason}")

    def _watch(self) -> None:
        """Until the queue closes: starts workers again that crashed, and kills those that do not stop."""
        while not self._closing.wait(LOOK_SECONDS):
            with suppress(OSError):  # a disk that is full for a while; what is not told now is told the next time
                running: dict[int | None, list[Job]] = {}
                for job in self.store.every("running"):
                    running.setdefault(job.worker, []).append(job)
                for place, worker in enumerate(self._workers):
                    theirs = running.get(worker.number, [])
                    if worker.ended() is not None or any(self._deaf(worker, job) for job in theirs):
                        self._replace(place, theirs)

    def _replace(self, place: int, theirs: Sequence[Job]) -> None:
        """Another worker for one that is gone, or that does not hear that one of its jobs is to stop."""
        worker = self._workers[place]
        worker.kill()
        for job in theirs:
            if not job.stop and _overdue(job):
                self.store.stop(job, "failed", too_long(job))
        self.store.crashed(worker.ended() or "its worker was killed", worker.number)
        for job in theirs:
            (self.store.place(job.id) / PARTIAL).unlink(missing_ok=True)
        if not self._closing.wait(RESTART_SECONDS):
            self._workers[place] = self._start(place)

    def _deaf(self, worker: Worker, job: Job) -> bool:
        """Whether a worker has not heard for long that a job of its is to stop."""
        if not job.stop:
            worker.cancelled.pop(job.id, None)
            return _overdue(job)
        return time.monotonic() - worker.cancelled.setdefault(job.id, time.monotonic()) > GRACE_SECONDS


def _overdue(job: Job) -> bool:
    return job.started is not None and time.time() - job.started > job.timeout + GRACE_SECONDS


def _alone(folder: Path) -> sqlite3.Connection:
    """A lock on the folder, which the system lets go of when this process ends, however it does. Raises ValueError when
    another queue has it."""
    held = sqlite3.connect(folder / "lock.sqlite", timeout=0, isolation_level=None, check_same_thread=False)
    try:
        held.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        held.close()
        raise ValueError(f"{folder} has a queue that is open; close it, or choose another folder") from None
    return held
