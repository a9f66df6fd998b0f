"""Local processes: every task's result once, and a task that kills its process harms no other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from songloom.data import workers
from songloom.data.workers import Workers, mapped


def square_or_die(number: int) -> int:
    if number == 3:
        os._exit(9)  # as a decoder that crashes
    return number * number


def failing(number: int) -> int:
    raise ValueError(f"{number} is wrong")


def slow(name: str, seconds: float) -> str:
    time.sleep(seconds)
    return name


class Counting:
    """Says in which process it is, and how many copies of it were made there."""

    copies = 0

    def __setstate__(self, state: dict[str, object]) -> None:
        Counting.copies += 1

    def __getstate__(self) -> dict[str, object]:
        return {"any": "thing"}

    def __call__(self, number: int) -> tuple[int, int]:
        return os.getpid(), self.copies


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_task_has_its_result(jobs: int) -> None:
    tasks = {number: (number,) for number in (1, 2, 4)}
    assert dict(mapped(square_or_die, tasks, Workers(jobs))) == {1: 1, 2: 4, 4: 16}


def test_a_task_that_kills_its_process_is_named_and_the_others_go_on() -> None:
    tasks = {number: (number,) for number in range(5)}
    assert dict(mapped(square_or_die, tasks, Workers(2), died=lambda name: -name)) == {0: 0, 1: 1, 2: 4, 3: -3, 4: 16}
    with pytest.raises(ValueError, match="worked on 3 was killed"):
        dict(mapped(square_or_die, tasks, Workers(2)))


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_order_however_long_each_takes(jobs: int) -> None:
    tasks = {name: (name, seconds) for name, seconds in zip("abcdef", (0.3, 0.0, 0.1, 0.0, 0.2, 0.0), strict=True)}
    assert [name for name, _ in mapped(slow, tasks, Workers(jobs))] == list("abcdef")


def test_what_is_mapped_is_pickled_once_for_a_process() -> None:
    tasks = {number: (number,) for number in range(12)}
    made = [pid for _, (pid, copies) in mapped(Counting(), tasks, Workers(2)) if copies == 1]
    assert len(made) == 12 and 1 <= len(set(made)) <= 2 and os.getpid() not in made


def test_workers_are_one_here_and_all_that_a_cluster_has_unless_told() -> None:
    assert Workers.of(None, None) == Workers(1) and Workers.of(None, "auto") == Workers(0, "auto")
    assert Workers.of(3, "auto") == Workers(3, "auto") and Workers(0).processes >= 1
    with pytest.raises(ValueError, match="jobs is -1"):
        Workers(-1)


def test_an_error_is_raised() -> None:
    with pytest.raises(ValueError, match="is wrong"):
        dict(mapped(failing, {1: (1,), 2: (2,)}, Workers(2)))


def staying(name: str, notes: str) -> None:
    """Every second one takes its time to put away its note, while the pool knows already that another has gone."""
    workers.LAST_SECONDS = 600.0
    try:
        (Path(notes) / name).touch()
        time.sleep(3600)
    finally:
        if name in ("b", "second"):
            time.sleep(1.0)
        (Path(notes) / name).unlink(missing_ok=True)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_a_parent_that_is_killed_or_stopped_and_put_away_what_they_made(
    tmp_path: Path, number: signal.Signals
) -> None:
    """They hold its output, so its reader sees the end of that only when the last of them has gone."""
    script = (
        "import signal\n"
        "from test_workers import Workers, mapped, staying\n"
        "if __name__ == '__main__':\n"
        "    signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's background job ignores it
        "    try:\n"
        f"        list(mapped(staying, {{name: (name, {str(tmp_path)!r}) for name in 'abcd'}}, Workers(2)))\n"
        "    except KeyboardInterrupt:\n"
        "        print('stopped')\n"
    )
    surroundings = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as parent:
        try:
            while len(list(tmp_path.iterdir())) < 2:
                assert parent.poll() is None, parent.communicate()[0]
                time.sleep(0.02)
            parent.send_signal(number)
            said = parent.communicate(timeout=300)[0]
        finally:
            parent.kill()  # nothing where it has ended
    code, word = (-number, b"") if number == signal.SIGKILL else (0, b"stopped\n")
    assert parent.returncode == code and word in said
    assert list(tmp_path.iterdir()) == []


def test_workers_break_off_when_nobody_takes_more(tmp_path: Path) -> None:
    tasks = {"first": ("first", str(tmp_path)), "second": ("second", str(tmp_path))}
    taken = mapped(first_at_once, tasks, Workers(2))
    assert next(taken) == ("first", None)
    taken.close()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []


def first_at_once(name: str, notes: str) -> None:
    """The first one ends as soon as the second one is at work, which would take an hour."""
    while name == "first" and not (Path(notes) / "second").exists():
        time.sleep(0.02)
    if name == "second":
        staying(name, notes)
