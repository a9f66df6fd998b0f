"""Mid, side, phase and balance of waves whose stereo is known."""

from __future__ import annotations

import math

import pytest
import torch

from songloom.metrics.stereo import QUIETEST, stereo


def noise(seed: int) -> torch.Tensor:
    return 0.1 * torch.randn(50_000, generator=torch.Generator().manual_seed(seed))


def test_equal_channels_are_all_middle() -> None:
    found = stereo(torch.stack([noise(0), noise(0)]))
    assert found is not None
    assert found.correlation == pytest.approx(1.0)
    assert found.side < -90
    assert found.mid == pytest.approx(-20.0, abs=0.1)
    assert found.in_phase and found.both_sound


def test_opposite_channels_are_all_side_and_out_of_phase() -> None:
    found = stereo(torch.stack([noise(0), -noise(0)]))
    assert found is not None
    assert found.correlation == pytest.approx(-1.0)
    assert found.mid < -90
    assert not found.in_phase


def test_unrelated_channels_share_their_energy_between_middle_and_side() -> None:
    found = stereo(torch.stack([noise(0), noise(1)]))
    assert found is not None
    assert found.correlation == pytest.approx(0.0, abs=0.02)
    assert found.mid == pytest.approx(found.side, abs=0.2)
    assert found.mid == pytest.approx(-23.0, abs=0.2)


def test_the_balance_is_the_difference_of_levels() -> None:
    found = stereo(torch.stack([noise(0), 0.5 * noise(1)]))
    assert found is not None
    assert found.balance == pytest.approx(20 * math.log10(2), abs=0.1)
    lost = stereo(torch.stack([noise(0), torch.zeros(50_000)]))
    assert lost is not None
    assert not lost.both_sound
    assert lost.correlation == 0.0
    assert lost.balance > -QUIETEST / 2


def test_one_channel_or_silence_says_nothing_and_more_than_two_are_refused() -> None:
    assert stereo(noise(0)[None]) is None
    assert stereo(torch.zeros(2, 100)) is None
    with pytest.raises(ValueError, match="needs"):
        stereo(torch.zeros(3, 100))
