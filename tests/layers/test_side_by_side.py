"""Streams on threads of their own: all items in order, gradients as they are, errors and threads given back."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import torch

from songloom.layers.side_by_side import ahead, in_turn, on_threads, side_by_side


@pytest.fixture(autouse=True, params=[1, 2, 5])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    with on_threads(request.param):
        yield request.param
        assert torch.get_num_threads() == request.param


def test_every_stream_keeps_its_items_and_their_order() -> None:
    lengths = [7, 0, 3, 1, 12]
    made = in_turn([iter(range(100 * place, 100 * place + length)) for place, length in enumerate(lengths)])
    assert made == [list(range(100 * place, 100 * place + length)) for place, length in enumerate(lengths)]
    assert in_turn([]) == []


def test_a_stream_is_never_asked_by_two_threads_at_once() -> None:
    def items() -> Iterator[float]:  # a generator that is asked while it makes an item raises
        for _ in range(20):
            yield float(torch.rand(1000).sum())

    assert [len(items) for items in in_turn([items() for _ in range(6)])] == [20] * 6


def test_as_many_streams_go_on_at_once_as_there_are_threads(threads: int) -> None:
    count = min(threads, 3)
    meeting = threading.Barrier(count, timeout=60)  # passed only when so many threads wait at it

    def items() -> Iterator[int]:
        meeting.wait()
        yield torch.get_num_threads()

    assert in_turn([items() for _ in range(count)]) == [[threads // count]] * count


def test_each_is_made_on_one_thread_and_in_its_place() -> None:
    made = side_by_side(lambda number: (number, torch.get_num_threads()), range(8))
    assert made == [(number, 1) for number in range(8)]
    assert side_by_side(lambda number: torch.get_num_threads(), [3]) == [1]
    assert side_by_side(str, []) == []


@pytest.mark.parametrize("learning", [True, False])
def test_gradients_are_recorded_on_threads_where_they_are_here(learning: bool) -> None:
    with torch.set_grad_enabled(learning):
        assert side_by_side(lambda _: torch.is_grad_enabled(), range(4)) == [learning] * 4
        assert list(ahead(torch.is_grad_enabled() for _ in range(4))) == [learning] * 4
    with torch.inference_mode():
        assert side_by_side(lambda _: torch.is_inference_mode_enabled(), range(4)) == [True] * 4


def test_what_a_stream_raises_is_raised() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("a broken stream")

    with pytest.raises(ValueError, match="a broken stream"):
        in_turn([iter(range(50)), broken(), iter(range(50))])
    with pytest.raises(ValueError, match="a broken stream"):
        list(ahead(broken()))


def test_items_made_ahead_are_those_of_the_stream() -> None:
    assert list(ahead(range(10))) == list(range(10))
    assert list(ahead([])) == []
    assert list(ahead([None, 0, ""])) == [None, 0, ""]


def test_one_item_is_made_ahead_and_not_more_where_there_are_threads(threads: int) -> None:
    asked: list[int] = []

    def items() -> Iterator[int]:
        for number in range(5):
            asked.append(number)
            yield number

    stream = ahead(items())
    assert next(stream) == 0
    stream.close()  # type: ignore[attr-defined]  # waits for what is being made
    assert len(asked) == (1 if threads == 1 else 2)
