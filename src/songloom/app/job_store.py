"""Jobs on the disk: one SQLite file of a data folder holds every job there ever was, and who may work on which.

A job that runs has an attempt; whatever a worker says of it counts only while that attempt runs, so a worker that was
given up cannot spoil what another one does. Every change is one statement, whole or not at all (write-ahead log).
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

State = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")
ATTEMPTS = 3
"""How often the process that works on a job may crash before the job has failed."""
NAME, RESERVE = "jobs.sqlite", "reserve"
RESERVE_BYTES = 4_000_000
"""Of the disk, kept back for what has to be written down when it is full."""
VERSION = 1
"""Of the table and of what stands in it, kept in the file; whoever changes either counts up."""
TABLES = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, owner TEXT, state TEXT, task TEXT,
    way TEXT, alike TEXT, seconds REAL, candidates INTEGER, timeout REAL, bytes INTEGER, input_bytes INTEGER,
    expected REAL,
    progress REAL, attempt INTEGER, crashes INTEGER, stop INTEGER, worker INTEGER,
    created REAL, started REAL, ended REAL, work REAL, together INTEGER, memory INTEGER, results TEXT, error TEXT);
CREATE INDEX IF NOT EXISTS by_state ON jobs (state, number);
CREATE INDEX IF NOT EXISTS by_alike ON jobs (alike, state, number);
CREATE INDEX IF NOT EXISTS by_way ON jobs (way, state, number);
CREATE TABLE IF NOT EXISTS queue (open INTEGER);
INSERT INTO queue SELECT 0 WHERE NOT EXISTS (SELECT * FROM queue);
PRAGMA user_version = {VERSION};
COMMIT;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as it stands. `task` is what is to be done, with its kind: `seconds` of sound for each of so many
    `candidates`, in a `way` that decides how long a second takes; jobs that are `alike`, unless it is "", may be done
    at once. `timeout` is in seconds from its beginning. `bytes` are those of its files on
    the disk, before it is done at most, `input_bytes` those of its inputs alone. `expected` seconds of work, where that
    could be told; `progress` 0..1; once it is done `work` seconds of work, its share where so many were done
    `together`, and `memory`, the most bytes that its worker had. Times are seconds since 1970. `results` tell of each
    file its name, its recipe and what is measured of it, the best first."""

    id: str
    owner: str
    state: State
    task: dict[str, Any]
    way: str
    seconds: float
    candidates: int
    timeout: float
    bytes: int
    alike: str = ""
    input_bytes: int = 0
    expected: float | None = None
    progress: float = 0.0
    attempt: int = 0
    crashes: int = 0
    stop: int = 0
    worker: int | None = None
    created: float = 0.0
    started: float | None = None
    ended: float | None = None
    work: float | None = None
    together: int = 1
    memory: int | None = None
    results: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None


COLUMNS = tuple(Job.__dataclass_fields__)
LISTED = ", ".join(COLUMNS)


class JobStore:
    """The jobs of one data folder. Any number of processes may open it; threads share one."""

    def __init__(self, folder: Path) -> None:
        """Raises ValueError for a file that another version of songloom wrote, or that is none of SQLite."""
        self.folder = Path(folder)
        self._lock = threading.Lock()
        self._tables = sqlite3.connect(self.folder / NAME, timeout=60, isolation_level=None, check_same_thread=False)
        with _in_words(self.folder / NAME):
            _check_version(self._tables, self.folder / NAME)
            self._tables.execute("PRAGMA journal_mode = WAL")
            self._tables.execute("PRAGMA synchronous = FULL")
            self._tables.executescript(TABLES)

    def reserve(self) -> None:
        """Keeps back a little of the disk where there is room: on a full one it is given up, so that jobs can still be
        told to have failed, and be deleted."""
        path = self.folder / RESERVE
        if not path.exists() and shutil.disk_usage(self.folder).free > 2 * RESERVE_BYTES:
            path.write_bytes(bytes(RESERVE_BYTES))

    def place(self, identity: str) -> Path:
        """The folder of a job's files."""
        return self.folder / "jobs" / identity

    def add(self, job: Job) -> None:
        """Queues a job."""
        told = {name: getattr(job, name) for name in COLUMNS} | {
            "task": json.dumps(job.task),
            "results": json.dumps(job.results),
        }
        self._run(f"INSERT INTO jobs ({LISTED}) VALUES ({', '.join('?' * len(told))})", tuple(told.values()))

    def waiting(self, owner: str) -> tuple[int, int]:
        """How many jobs have not ended, and how many of these are an owner's."""
        query = "SELECT count(*), coalesce(sum(owner = ?), 0) FROM jobs WHERE state IN ('queued', 'running')"
        every, mine = self._run(query, (owner,))[0]
        return every, mine

    def used(self) -> int:
        """Bytes that the files of all jobs take on the disk, or may take."""
        kept = "CASE WHEN state IN ('failed', 'cancelled') THEN input_bytes ELSE bytes END"
        return int(self._run(f"SELECT coalesce(sum({kept}), 0) FROM jobs")[0][0])

    def promised(self) -> int:
        """Bytes that jobs which have not ended may still take on the disk."""
        query = "SELECT coalesce(sum(bytes - input_bytes), 0) FROM jobs WHERE state IN ('queued', 'running')"
        return int(self._run(query)[0][0])

    def get(self, identity: str) -> Job:
        """A job. Raises ValueError when there is none of this name."""
        rows = self._run(f"SELECT {LISTED} FROM jobs WHERE id = ?", (identity,))
        if not rows:
            raise ValueError(f"there is no job {identity!r}")
        return _job(rows[0])

    def every(
        self, state: State | None = None, owner: str | None = None, most: int = 1000, kind: str | None = None
    ) -> list[Job]:
        """Jobs, the latest first."""
        where, values = ["1"], list[Any]()
        for name, value in (("state", state), ("owner", owner), ("json_extract(task, '$.kind')", kind)):
            if value is not None:
                where.append(f"{name} = ?")
                values.append(value)
        query = f"SELECT {LISTED} FROM jobs WHERE {' AND '.join(where)} ORDER BY number DESC LIMIT ?"
        return [_job(row) for row in self._run(query, (*values, most))]

    def done(self, way: str, most: int = 100) -> list[Job]:
        """The latest jobs that were done in this way."""
        query = f"SELECT {LISTED} FROM jobs WHERE state = 'done' AND way = ? ORDER BY number DESC LIMIT ?"
        return [_job(row) for row in self._run(query, (way, most))]

    def counts(self) -> dict[str, int]:
        """How many jobs there are in each state that any is in."""
        return dict(self._run("SELECT state, count(*) FROM jobs GROUP BY state"))

    def open(self, *, yes: bool) -> None:
        """Whether workers may begin jobs."""
        self._surely("UPDATE queue SET open = ?", (yes,))

    def claim(self, worker: int) -> Job | None:
        """The oldest job that waits, now the worker's; None when none may be begun."""
        rows = self._run(
            "UPDATE jobs SET state = 'running', attempt = attempt + 1, worker = ?, started = ?, progress = 0"
            " WHERE number = (SELECT min(number) FROM jobs WHERE state = 'queued') AND (SELECT open FROM queue)"
            f" RETURNING {LISTED}",
            (worker, time.time()),
        )
        return _job(rows[0]) if rows else None

    def claim_alike(self, job: Job, most: int) -> list[Job]:
        """Up to so many of the oldest jobs that wait, are like a `job` and never crashed, now its worker's too."""
        rows = self._run(
            "UPDATE jobs SET state = 'running', attempt = attempt + 1, worker = ?, started = ?, progress = 0"
            " WHERE number IN (SELECT number FROM jobs WHERE state = 'queued' AND alike = ? AND crashes = 0"
            f" ORDER BY number LIMIT ?) AND (SELECT open FROM queue) RETURNING {LISTED}",
            (job.worker, time.time(), job.alike, most),
        )
        return sorted((_job(row) for row in rows), key=lambda one: one.created)

    def report(self, job: Job, progress: float) -> Job | None:
        """Says how far an attempt is; gives the job as it stands, None when this attempt was given up."""
        query = f"UPDATE jobs SET progress = ? WHERE {_OURS} RETURNING {LISTED}"
        rows = self._run(query, (progress, job.id, job.attempt))
        return _job(rows[0]) if rows else None

    def finish(
        self, job: Job, results: list[dict[str, Any]], size: int, work: float, memory: int, together: int = 1
    ) -> bool:
        """Ends an attempt well; whether it still counted."""
        query = (
            "UPDATE jobs SET state = 'done', progress = 1, results = ?, bytes = ?, work = ?, memory = ?, together = ?,"
            f" ended = ? WHERE {_OURS} RETURNING id"
        )
        values = (json.dumps(results), size, work, memory, together, time.time(), job.id, job.attempt)
        return bool(self._surely(query, values))

    def stop(self, job: Job, state: State, error: str | None) -> bool:
        """Ends an attempt in another way; whether it still counted."""
        query = f"UPDATE jobs SET state = ?, error = ?, ended = ? WHERE {_OURS} RETURNING id"
        return bool(self._surely(query, (state, error, time.time(), job.id, job.attempt)))

    def cancel(self, identity: str) -> None:
        """Ends a job that waits; of one that runs, asks its worker to stop. What has ended stays as it is."""
        self._surely(
            "UPDATE jobs SET stop = 1, ended = CASE state WHEN 'queued' THEN ? END,"
            " state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END"
            " WHERE id = ? AND state IN ('queued', 'running')",
            (time.time(), identity),
        )

    def crashed(self, error: str, worker: int | None = None) -> None:
        """What a worker (None: any) that is gone had begun waits again, or has failed when it crashed too often."""
        self._surely(
            "UPDATE jobs SET crashes = crashes + 1, ended = CASE WHEN stop OR crashes + 1 >= ? THEN ? END,"
            " error = CASE WHEN crashes + 1 >= ? AND NOT stop THEN ? END,"
            " state = CASE WHEN stop THEN 'cancelled' WHEN crashes + 1 >= ? THEN 'failed' ELSE 'queued' END"
            " WHERE state = 'running' AND worker = coalesce(?, worker)",
            (ATTEMPTS, time.time(), ATTEMPTS, error, ATTEMPTS, worker),
        )

    def abandon(self) -> None:
        """What runs waits again, and has not crashed: its workers were stopped on purpose."""
        self._surely(
            "UPDATE jobs SET ended = CASE WHEN stop THEN ? END,"
            " state = CASE WHEN stop THEN 'cancelled' ELSE 'queued' END WHERE state = 'running'",
            (time.time(),),
        )

    def delete(self, identity: str) -> None:
        """Forgets a job that has ended. Raises ValueError for one that has not."""
        job = self.get(identity)
        if job.state not in ENDED:
            raise ValueError(f"job {identity} is {job.state}; cancel it first")
        self._surely(f"DELETE FROM jobs WHERE id = ? AND state IN {ENDED}", (identity,))

    def close(self) -> None:
        """Lets go of the file."""
        self._tables.close()

    def _run(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock, _in_words(self.folder / NAME):
            return self._tables.execute(query, values).fetchall()

    def _surely(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """The same for what ends a job or the queue: a disk that is full gives up the reserve for it."""
        try:
            return self._run(query, values)
        except OSError as error:
            if error.errno != errno.ENOSPC or not (self.folder / RESERVE).exists():
                raise
        (self.folder / RESERVE).unlink(missing_ok=True)
        return self._run(query, values)


_OURS = "id = ? AND attempt = ? AND state = 'running'"


def _check_version(tables: sqlite3.Connection, path: Path) -> None:
    """Raises ValueError for tables of another version. Those of before versions were counted are ours when they have
    our columns."""
    columns = {row[1] for row in tables.execute("PRAGMA table_info(jobs)")}
    version = tables.execute("PRAGMA user_version").fetchone()[0]
    if columns and version != VERSION and (version, columns) != (0, {"number", *COLUMNS}):
        raise ValueError(
            f"{path} is of version {version}, and this songloom works with version {VERSION}; "
            "move its folder away, or choose another one"
        )


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """What SQLite refuses, as errors of one line."""
    try:
        yield
    except sqlite3.OperationalError as error:  # no space, no permission
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:  # in the words in which the system says it
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from None
        raise OSError(errno.EIO, str(error), str(path)) from None
    except sqlite3.DatabaseError as error:
        raise ValueError(f"{path} holds no jobs that can be read ({error}); choose another folder") from None


def _job(row: tuple[Any, ...]) -> Job:
    values = dict(zip(COLUMNS, row, strict=True))
    return Job(**{**values, "task": json.loads(values["task"]), "results": json.loads(values["results"])})
