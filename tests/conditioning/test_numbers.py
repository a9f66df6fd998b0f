from __future__ import annotations

import pytest
import torch

from songloom.conditioning.numbers import NumberEmbedding


def test_numbers_beyond_the_range_are_taken_for_its_ends() -> None:
    torch.manual_seed(0)
    embed = NumberEmbedding(12, 0.0, 512.0)
    made = embed(torch.tensor([-5.0, 0.0, 512.0, 9000.0, 30.0]))
    assert made.shape == (5, 12)
    assert torch.equal(made[0], made[1]) and torch.equal(made[2], made[3]) and not torch.equal(made[4], made[3])


def test_features_are_the_place_in_the_range_and_its_waves() -> None:
    torch.manual_seed(0)
    embed = NumberEmbedding(5, 10.0, 20.0, features=2)
    with torch.no_grad():
        embed.rates.fill_(1.0)
        embed.project.weight.copy_(torch.eye(5, 3))
        embed.project.bias.zero_()
    # A quarter of the range is a quarter of a wave.
    torch.testing.assert_close(
        embed(torch.tensor([12.5])), torch.tensor([[0.25, 1.0, 0.0, 0.0, 0.0]]), atol=1e-6, rtol=0
    )


def test_a_range_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="range"):
        NumberEmbedding(4, 1.0, 1.0)
