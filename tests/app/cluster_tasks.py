"""Tasks for a cluster's workers, in a file that they can read without the tests."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from songloom.app.screen import Report
from songloom.audio.replacing import replacing


def square(number: int, notes: Path) -> int:
    """A square, but 9 is wrong, 3 kills its process, and so does 2 the first time."""
    tries = len(list(notes.glob(f"{number}-*")))
    (notes / f"{number}-{tries}").touch()
    if number == 3 or (number == 2 and not tries):
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 9:
        raise ValueError("9 is wrong")
    return number * number


def copied(source: Path, target: Path, report: Report) -> str:
    """A copy of a file; `once` kills its process in the middle the first time, and `ever` does each time."""
    tried = source.with_suffix(".tried")
    with replacing(target) as file:
        file.write(source.read_bytes())
        if source.stem == "ever" or (source.stem == "once" and not tried.exists()):
            tried.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return f"{target} is made"
