from __future__ import annotations

import pytest
import torch
from torch import Tensor

from songloom.diffusion.processes import Cosine, Flow
from songloom.diffusion.straight import carried, checked_flow, straight_losses
from songloom.diffusion.times import linear

SIZE = 0.3
"""Deviation of Gaussian data, for which the path from x_t to x_s is known: x shrinks as the deviation of x_t does."""


def deviation(times: Tensor) -> Tensor:
    return ((1 - times).square() * SIZE**2 + times.square()).sqrt()


def velocity(x: Tensor, times: Tensor) -> Tensor:
    """dx/dt of the flow of Gaussian data: x d/dt log deviation."""
    times = times[:, None, None].to(x)
    return x * (times - (1 - times) * SIZE**2) / deviation(times).square()


def straight(x: Tensor, times: Tensor, steps: int = 4) -> Tensor:
    """The velocity that leads from the beginning of each piece to its end at once."""
    begin = times[:, None, None].to(x)
    end = begin - 1 / steps
    return x * (deviation(end) / deviation(begin) - 1) / (end - begin)


def data(count: int = 64) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    latents = SIZE * torch.randn(count, 3, 5, generator=generator, dtype=torch.float64)
    return latents, torch.ones(count, 5, dtype=torch.bool)


def test_carrying_follows_each_item_to_its_own_time_and_is_of_order_two() -> None:
    x, _ = data(3)
    begin, end = torch.tensor([1.0, 0.7, 0.4]).double(), torch.tensor([0.5, 0.1, 0.0]).double()
    exact = x * (deviation(end) / deviation(begin))[:, None, None]
    errors = [float((carried(velocity, x, begin, end, n) - exact)[:2].abs().max()) for n in (8, 16, 32)]
    assert errors[0] / errors[1] > 3.4 and errors[1] / errors[2] > 3.7
    torch.testing.assert_close(carried(velocity, x, begin, end, 200), exact, atol=1e-3, rtol=1e-3)


def test_the_straight_ways_alone_have_no_loss() -> None:
    latents, mask = data()
    torch.manual_seed(0)
    losses = straight_losses(straight, velocity, latents, mask, linear(4), strides=40)
    torch.manual_seed(0)
    untaught = straight_losses(velocity, velocity, latents, mask, linear(4), strides=40)
    assert losses["straight"] < 1e-6
    assert untaught["straight"] > 1e-2
    assert losses["~learned"] > 0.999
    assert untaught["~learned"].abs() < 1e-6


def test_frames_outside_of_the_mask_do_not_count() -> None:
    latents, mask = data()
    mask[:, 3:] = False
    torch.manual_seed(0)
    short = straight_losses(velocity, velocity, latents, mask, linear(4), strides=2)["straight"]

    def wrong_outside(x: Tensor, times: Tensor) -> Tensor:
        return velocity(x, times) + 100.0 * ~mask[:, None]

    torch.manual_seed(0)
    torch.testing.assert_close(
        straight_losses(wrong_outside, velocity, latents, mask, linear(4), strides=2)["straight"], short
    )


def test_only_velocities_of_a_flow_can_be_straightened() -> None:
    checked_flow(Flow.Config().build())
    for settings in (Flow.Config(prediction="data"), Cosine.Config()):
        with pytest.raises(ValueError, match="only a flow"):
            checked_flow(settings.build())
