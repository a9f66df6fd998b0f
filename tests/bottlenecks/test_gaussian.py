"""The Gaussian bottleneck against torch.distributions and its limits."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence
from torch.nn import functional

from songloom.bottlenecks.gaussian import LEAST_DEVIATION, GaussianBottleneck


def deviations(scale: str, raw: torch.Tensor) -> torch.Tensor:
    return functional.softplus(raw) + LEAST_DEVIATION if scale == "softplus" else raw.exp().sqrt()


@pytest.mark.parametrize("scale", ["softplus", "log-variance"])
def test_the_divergence_is_that_of_torch_in_nats_per_frame(scale: str) -> None:
    torch.manual_seed(0)
    pairs = torch.randn(3, 8, 5)
    exact = kl_divergence(Normal(pairs[:, :4], deviations(scale, pairs[:, 4:])), Normal(0.0, 1.0))
    passed = GaussianBottleneck.Config(width=4, scale=scale).build()(pairs)
    torch.testing.assert_close(passed.losses["kl"], exact.sum(1).mean())


@pytest.mark.parametrize("scale", ["softplus", "log-variance"])
def test_samples_have_the_mean_and_deviation_that_were_asked_for(scale: str) -> None:
    torch.manual_seed(0)
    pairs = torch.tensor([1.0, -2.0, 0.5, -1.0]).reshape(1, 4, 1).expand(1, 4, 40_000)
    sampled = GaussianBottleneck.Config(width=2, scale=scale).build().train()(pairs).latents[0]
    torch.testing.assert_close(sampled.mean(1), pairs[0, :2, 0], atol=0.03, rtol=0)
    torch.testing.assert_close(sampled.std(1), deviations(scale, pairs[0, 2:, 0]), atol=0.03, rtol=0)


def test_a_standard_normal_costs_nothing_and_no_channel_is_active() -> None:
    passed = GaussianBottleneck.Config(width=4, scale="log-variance").build()(torch.zeros(1, 8, 3))
    assert float(passed.losses["kl"]) == 0
    assert float(passed.reports["active"]) == 0


def test_without_training_or_streams_latents_are_means() -> None:
    pairs, bottleneck = torch.randn(2, 8, 3), GaussianBottleneck.Config(width=4).build()
    assert torch.equal(bottleneck.eval()(pairs).latents, pairs[:, :4])
    assert torch.equal(bottleneck.mean(pairs), pairs[:, :4])
    some = bottleneck.train()(pairs, streams=torch.tensor([0, 1])).latents
    assert torch.equal(some[0], pairs[0, :4])
    assert not torch.equal(some[1], pairs[1, :4])


def test_gradients_reach_means_and_scales() -> None:
    pairs = torch.randn(2, 8, 3, requires_grad=True)
    passed = GaussianBottleneck.Config(width=4).build().train()(pairs)
    (passed.latents.square().sum() + passed.losses["kl"]).backward()
    assert pairs.grad is not None and (pairs.grad != 0).all()


def test_it_has_no_codes() -> None:
    bottleneck = GaussianBottleneck.Config(width=4).build()
    assert bottleneck(torch.randn(2, 8, 3)).codes.shape == (2, 0, 3)
    with pytest.raises(ValueError, match="no codes"):
        bottleneck.quantize(torch.randn(2, 8, 3))
    with pytest.raises(ValueError, match="no codes"):
        bottleneck.dequantize(torch.zeros(2, 1, 3).long())
    with pytest.raises(ValueError, match="needs \\[B, 8, F\\]"):
        bottleneck(torch.randn(2, 4, 3))
