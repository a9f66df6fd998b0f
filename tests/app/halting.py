"""A worker is met in the middle of a job, however fast it is: it halts there until it is told to go on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

HALTS = Path(__file__).parent / "halts"
PATIENCE = 600.0


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def can_halt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that are begun from now on can halt."""
    monkeypatch.setenv("PYTHONPATH", str(HALTS), prepend=os.pathsep)


class Halt:
    """What asks the next worker of a queue's folder that is in the middle of a job, and `after` so many jobs are done,
    to halt there."""

    def __init__(self, folder: Path, after: int = 0) -> None:
        self.asked, self.halted = folder / "halt", folder / "halted"
        self.halted.unlink(missing_ok=True)  # of a worker that was killed
        prepared = folder / "halt-prepared"
        prepared.write_bytes(bytes(after))
        prepared.rename(self.asked)

    def come(self) -> None:
        """Waits until it has halted."""
        until(self.halted.exists)

    def over(self) -> None:
        """Lets it go on."""
        self.halted.unlink()
