import threading
import time

import pytest

from songloom.data.prefetch import prefetch


def test_the_order_is_kept_whoever_finishes_first() -> None:
    def make(step: int) -> int:
        time.sleep(0.002 * (step % 3))
        return step * step

    assert list(prefetch(make, range(20), ahead=5, threads=4)) == [(step, step * step) for step in range(20)]


def test_no_more_than_asked_is_made_in_advance() -> None:
    made: list[int] = []

    def make(step: int) -> int:
        made.append(step)
        return step

    batches = prefetch(make, range(100), ahead=2)
    next(batches)
    time.sleep(0.02)
    assert len(made) <= 3
    batches.close()


def test_an_error_is_raised_at_its_step() -> None:
    def make(step: int) -> float:
        return 1 / (3 - step)

    batches = prefetch(make, range(5))
    assert [next(batches)[0] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ZeroDivisionError):
        next(batches)


def test_closing_stops_the_threads() -> None:
    batches = prefetch(lambda step: step, range(1000), threads=2)
    next(batches)
    batches.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("prefetch")]
