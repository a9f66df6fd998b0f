"""The process that works on jobs: it takes the oldest one that waits, and does what its kind does.

    python -m songloom.app.job_worker FOLDER TOGETHER [BYTES]

Up to TOGETHER jobs that are alike are done at once, in up to BYTES of memory. It ends when its standard input does, so
it does not outlive the queue that started it, however that ended.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from songloom.app.job_attempt import Attempt
from songloom.app.job_kinds import KINDS
from songloom.app.job_store import JobStore

IDLE_SECONDS = 0.1


def work(store: JobStore, together: int = 1, memory: int | None = None, number: int | None = None) -> bool:
    """Works, under a number (the process's own), on the oldest job that waits, and on others that are like it; whether
    there was one."""
    job = store.claim(os.getpid() if number is None else number)
    if job is None:
        return False
    attempt = Attempt(store, job, (together, memory))
    with attempt.ending():
        KINDS[job.task["kind"]].work(attempt)
    return True


def _leave_with_the_queue() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def keep_on(store: JobStore, together: int, memory: int | None, number: int | None = None) -> None:
    """Works for ever."""
    while True:
        did = False
        with suppress(OSError):  # a disk that is full for a while
            did = work(store, together, memory, number)
        if not did:
            time.sleep(IDLE_SECONDS)


def main() -> None:
    """Works until the queue is gone."""
    threading.Thread(target=_leave_with_the_queue, daemon=True).start()
    together, *memory = map(int, sys.argv[2:])
    keep_on(JobStore(Path(sys.argv[1])), together, memory[0] if memory else None)


if __name__ == "__main__":
    main()
