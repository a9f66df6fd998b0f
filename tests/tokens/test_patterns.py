from __future__ import annotations

import inspect

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from songloom.config import from_json, to_json
from songloom.tokens.patterns import (
    CoarseFirst,
    Delay,
    Flattening,
    Parallel,
    PartialDelay,
    PartialFlattening,
    Pattern,
)

TABLE = {
    Parallel: 1500,
    Delay: 1500,
    PartialDelay: 1500,
    PartialFlattening: 3000,
    CoarseFirst: 3000,
    Flattening: 6000,
}
"""Steps for 30 s of 4 streams at 50 frames a second (Copet et al. 2023, table 4, without what delays add)."""
EVERY = list(TABLE)


def drawn(kind: type[Pattern]) -> list[list[int]]:
    """The grid that a pattern's docstring draws."""
    lines = inspect.cleandoc(kind.__doc__ or "").splitlines()
    return [
        [-1 if c == "." else int(c) for c in line.split()] for line in lines if line and set(line) <= set(".01234 ")
    ]


@pytest.mark.parametrize("kind", EVERY)
def test_the_grid_is_the_one_that_the_docstring_draws(kind: type[Pattern]) -> None:
    pattern = kind.Config().build()
    assert drawn(kind) == pattern.frame_of(4, 5).tolist()


@pytest.mark.parametrize("kind", EVERY)
def test_thirty_seconds_take_the_steps_of_the_papers_table(kind: type[Pattern]) -> None:
    pattern = kind.Config().build()
    assert 1500 * pattern.steps_per_frame(4) == TABLE[kind]
    assert TABLE[kind] <= pattern.steps(4, 1500) <= TABLE[kind] + 3


@settings(max_examples=60, deadline=None)
@given(data=st.data(), streams=st.integers(1, 9), frames=st.integers(1, 40), seed=st.integers(0, 99))
@pytest.mark.parametrize("kind", EVERY)
def test_collecting_undoes_laying_out(
    kind: type[Pattern], data: st.DataObject, streams: int, frames: int, seed: int
) -> None:
    pattern = kind.Config().build()
    if kind is Delay:
        own = data.draw(st.none() | st.tuples(*[st.integers(0, 6)] * streams))
        pattern = Delay.Config(lag=data.draw(st.integers(0, 3)), own=own).build()
    codes = torch.randint(50, (2, streams, frames), generator=torch.Generator().manual_seed(seed))
    grid = pattern.lay_out(codes, empty=50)
    assert grid.shape == (2, streams, pattern.steps(streams, frames))
    assert torch.equal(pattern.collect(grid, frames), codes)


@settings(max_examples=60, deadline=None)
@given(streams=st.integers(1, 9), frames=st.integers(1, 40))
@pytest.mark.parametrize("kind", EVERY)
def test_every_frame_of_every_stream_stands_exactly_once_and_in_order(
    kind: type[Pattern], streams: int, frames: int
) -> None:
    source = kind.Config().build().frame_of(streams, frames)
    for row in source:
        assert [frame for frame in row.tolist() if frame >= 0] == list(range(frames))
    assert bool((source >= 0).any(0).all()), "no step is for nothing"


@pytest.mark.parametrize("kind", EVERY)
def test_one_stream_needs_a_step_for_each_frame(kind: type[Pattern]) -> None:
    assert kind.Config().build().frame_of(1, 7).tolist() == [list(range(7))]


@pytest.mark.parametrize("kind", [Delay, Flattening])
def test_a_finer_code_comes_after_the_coarser_ones_of_its_frame(kind: type[Pattern]) -> None:
    source = kind.Config().build().frame_of(5, 6)
    places = torch.stack([(row[:, None] == torch.arange(6)).int().argmax(0) for row in source])
    assert bool((places.diff(dim=0) > 0).all())


def test_the_delay_pattern_is_the_one_of_the_paper() -> None:
    codes = torch.arange(1, 7).view(1, 2, 3)
    grid = Delay(Delay.Config()).lay_out(codes, empty=0)
    assert grid.tolist() == [[[1, 2, 3, 0], [0, 4, 5, 6]]]


def test_left_and_right_share_the_delay_of_their_book() -> None:
    stereo = Delay(Delay.Config(own=(0, 0, 1, 1)))
    assert stereo.frame_of(4, 2).tolist() == [[0, 1, -1], [0, 1, -1], [-1, 0, 1], [-1, 0, 1]]


@pytest.mark.parametrize("kind", EVERY)
def test_settings_go_to_json_and_back(kind: type[Pattern]) -> None:
    assert from_json(to_json(kind.Config())) == kind.Config()
    assert from_json({"kind": "delay", "lag": 2}) == Delay.Config(lag=2)


@pytest.mark.parametrize("bad", [Delay.Config(lag=-1), Delay.Config(own=(0, -1)), PartialDelay.Config(lag=-1)])
def test_a_negative_lag_is_refused(bad: Delay.Config | PartialDelay.Config) -> None:
    with pytest.raises(ValueError, match="lag"):
        bad.build()


def test_delays_for_another_number_of_streams_are_refused() -> None:
    with pytest.raises(ValueError, match="delays for 2 streams, not for 4"):
        Delay(Delay.Config(own=(0, 1))).steps(4, 10)
