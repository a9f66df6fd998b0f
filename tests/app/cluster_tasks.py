"""Tasks for a cluster's workers, in a file that they can read without the tests."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def square(number: int, notes: Path) -> int:
    """A square, but 9 is wrong, 3 kills its process, and so does 2 the first time."""
    tries = len(list(notes.glob(f"{number}-*")))
    (notes / f"{number}-{tries}").touch()
    if number == 3 or (number == 2 and not tries):
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 9:
        raise ValueError("9 is wrong")
    return number * number
