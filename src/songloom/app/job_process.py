"""Who works on a queue's jobs: the contract of a worker, and the usual one, a process of this machine."""

from __future__ import annotations

import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

from songloom.app.job_limits import Limits


class Worker(ABC):
    """Takes jobs from the store under its `number` until it is killed; `cancelled` tells when which of its jobs was
    first seen to be cancelled."""

    number: int

    def __init__(self) -> None:
        self.cancelled: dict[str, float] = {}

    @abstractmethod
    def ended(self) -> str | None:
        """Why it works no more, in one line; None while it works."""

    @abstractmethod
    def kill(self) -> None:
        """Ends it at once, and waits until it has ended."""


Start = Callable[[Path, Limits, int], Worker]
"""Begins a worker for a queue's folder and limits: the one of this place among the workers."""


class WorkerProcess(Worker):
    """A process of this machine, and the file where its error stream goes."""

    def __init__(self, folder: Path, limits: Limits, place: int) -> None:
        super().__init__()
        self.log = folder / f"worker-{place}.log"
        with self.log.open("wb") as errors:
            room = [str(bound) for bound in (limits.together, limits.memory) if bound is not None]
            command = [sys.executable, "-m", "songloom.app.job_worker", str(folder), *room]
            self.process = subprocess.Popen(  # in a session of its own: Ctrl-C is for the queue to answer
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
            )
        self.number = self.process.pid

    def ended(self) -> str | None:
        code = self.process.poll()
        if code is None:
            return None
        lines = self.log.read_text(encoding="utf-8", errors="replace").split("\n")
        said = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"its worker ended with code {code}" + (f": {said}" if said else "")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
