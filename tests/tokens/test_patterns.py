from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from songloom.tokens.patterns import Delay


@settings(max_examples=60, deadline=None)
@given(streams=st.integers(1, 8), frames=st.integers(1, 40), lag=st.integers(0, 3), seed=st.integers(0, 99))
def test_collecting_undoes_laying_out(streams: int, frames: int, lag: int, seed: int) -> None:
    pattern = Delay(Delay.Config(lag=lag))
    codes = torch.randint(50, (2, streams, frames), generator=torch.Generator().manual_seed(seed))
    grid = pattern.lay_out(codes, empty=50)
    assert grid.shape == (2, streams, pattern.steps(streams, frames))
    assert torch.equal(pattern.collect(grid, frames), codes)


def test_the_delay_pattern_is_the_one_of_the_paper() -> None:
    codes = torch.arange(1, 7).view(1, 2, 3)
    grid = Delay(Delay.Config()).lay_out(codes, empty=0)
    assert grid.tolist() == [[[1, 2, 3, 0], [0, 4, 5, 6]]]


def test_every_frame_of_every_stream_stands_exactly_once() -> None:
    source = Delay(Delay.Config(lag=2)).frame_of(3, 5)
    for row in source:
        assert sorted(frame for frame in row.tolist() if frame >= 0) == list(range(5))


def test_a_negative_lag_is_refused() -> None:
    with pytest.raises(ValueError, match="lag"):
        Delay(Delay.Config(lag=-1))
