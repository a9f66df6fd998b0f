"""What commands show while they work: one progress bar on the terminal's error stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Report = Callable[[float], None]


errors = Console(stderr=True)


@contextmanager
def bar(title: str, *, hidden: bool = False) -> Iterator[Report]:
    """A progress bar with elapsed and remaining time; yields a function that takes the fraction done, 0..1."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    quiet = hidden or not errors.is_terminal
    with Progress(*columns, console=errors, transient=True, disable=quiet) as progress:
        task = progress.add_task(title, total=1.0)
        yield lambda fraction: progress.update(task, completed=fraction)


def clock(seconds: float) -> str:
    """A time as minutes and seconds, as 1:05.0."""
    tenths = round(10 * seconds)
    return f"{tenths // 600}:{tenths % 600 / 10:04.1f}"
