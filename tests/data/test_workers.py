"""Local processes: every task's result once, and a task that kills its process harms no other."""

from __future__ import annotations

import os

import pytest

from songloom.data.workers import mapped


def square_or_die(number: int) -> int:
    if number == 3:
        os._exit(9)  # as a decoder that crashes
    return number * number


def failing(number: int) -> int:
    raise ValueError(f"{number} is wrong")


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_task_has_its_result(jobs: int) -> None:
    tasks = {number: (number,) for number in (1, 2, 4)}
    assert dict(mapped(square_or_die, tasks, jobs)) == {1: 1, 2: 4, 4: 16}


def test_a_task_that_kills_its_process_is_named_and_the_others_go_on() -> None:
    tasks = {number: (number,) for number in range(5)}
    assert dict(mapped(square_or_die, tasks, 2, died=lambda name: -name)) == {0: 0, 1: 1, 2: 4, 3: -3, 4: 16}
    with pytest.raises(ValueError, match="worked on 3 was killed"):
        dict(mapped(square_or_die, tasks, 2))


def test_an_error_is_raised() -> None:
    with pytest.raises(ValueError, match="is wrong"):
        dict(mapped(failing, {1: (1,), 2: (2,)}, 2))
