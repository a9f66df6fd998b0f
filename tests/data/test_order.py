"""The order of epochs: every clip once, never a state, few shards at a time."""

from __future__ import annotations

import numpy as np
import pytest

from songloom.data.order import EpochOrder

SHARDS = [number // 7 for number in range(100)]


def test_every_epoch_is_another_order_of_all_clips() -> None:
    order = EpochOrder(SHARDS, seed=3)
    epochs = [order.epoch(number).tolist() for number in range(4)]
    assert all(sorted(epoch) == list(range(100)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4
    assert EpochOrder(SHARDS, seed=4).epoch(0).tolist() != epochs[0]


def test_a_position_is_the_same_clip_from_wherever_a_run_comes() -> None:
    whole = [EpochOrder(SHARDS, seed=1).at(position) for position in range(250)]
    fresh = EpochOrder(SHARDS, seed=1)
    assert [fresh.at(position) for position in reversed(range(250))] == whole[::-1]


def test_what_is_read_at_one_time_lies_in_few_shards() -> None:
    order = EpochOrder(SHARDS, seed=0, mixed=3).epoch(0)
    shards = np.array(SHARDS)[order]
    sizes = [len(set(shards[at : at + 21])) for at in range(0, 42, 21)]
    assert max(sizes) <= 4  # three, or one more where the short shard is among them
    assert len(set(shards[:21])) > 1


def test_an_order_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        EpochOrder([], seed=0)
