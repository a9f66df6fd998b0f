"""Windows on a fixed grid are the same for any pieces, and hold what lies beside them."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from songloom.audio.grid import on_grid


def in_pieces(whole: Tensor, lengths: list[int]) -> list[Tensor]:
    places = [0]
    while places[-1] < whole.shape[-1]:
        places.append(places[-1] + lengths[len(places) % len(lengths)])
    return [whole[..., start:stop] for start, stop in pairwise(places)]


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 90),
    st.lists(st.integers(0, 30), min_size=1, max_size=4).filter(any),
    st.integers(1, 6),
    st.integers(0, 3),
    st.integers(1, 5),
    st.integers(0, 7),
)
def test_windows_hold_their_span_whatever_pieces_come(
    samples: int, lengths: list[int], size: int, context: int, taken: int, margin: int
) -> None:
    wave = torch.arange(1.0, samples + 1)
    frames = -(-samples // taken)
    silent = torch.zeros(margin)
    filled = torch.cat([silent, wave, torch.zeros(frames * taken - samples), silent])
    found = list(on_grid(in_pieces(wave, lengths), size=size, context=context, taken=taken, margin=margin))
    assert [span.start for _, span in found] == list(range(0, frames, size))
    for window, span in found:
        assert span.stop == min(span.start + size, frames)
        assert span.first == max(0, span.start - context)
        assert span.last == min(frames, span.stop + context)
        assert torch.equal(window, filled[span.first * taken : span.last * taken + 2 * margin])


def test_a_window_comes_as_soon_as_all_of_it_is_there() -> None:
    came: list[int] = []

    def pieces():
        for _ in range(12):
            came.append(1)
            yield torch.zeros(1)

    stream = on_grid(pieces(), size=4, context=2, margin=1)
    next(stream)
    assert len(came) == 4 + 2 + 1


def test_an_empty_stream_is_refused() -> None:
    for nothing in ([], [torch.zeros(1, 0)]):
        with pytest.raises(ValueError, match="ended before"):
            list(on_grid(nothing, size=2, context=0))


@pytest.mark.parametrize("wrong", [{"size": 0, "context": 0}, {"size": 1, "context": -1}])
def test_a_grid_of_no_size_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="size"):
        list(on_grid([torch.zeros(4)], **wrong))
