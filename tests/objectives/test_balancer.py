"""The balancer's gradient is its formula, whatever the scale of the losses."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from songloom.objectives.balancer import Balancer, adaptive_weight

WEIGHTS = (("wave", 1.0), ("mel", 3.0))


def balanced(balancer: Balancer, scale: float = 1.0) -> tuple[Tensor, Tensor, list[Tensor]]:
    """The value, the gradient, and the gradients of the two losses, for a made wave of fixed noise."""
    made = torch.randn(4, 1, 30, generator=torch.Generator().manual_seed(0)).requires_grad_()
    losses = {"wave": scale * made.abs().mean(), "mel": (made - 1).square().sum()}
    pulls = [torch.autograd.grad(loss, made, retain_graph=True)[0] for loss in losses.values()]
    value = balancer(losses, made)
    value.backward()
    assert made.grad is not None
    return value.detach(), made.grad, pulls


def test_the_first_gradient_is_the_weighted_mean_of_unit_gradients() -> None:
    value, found, pulls = balanced(Balancer(Balancer.Config(weights=WEIGHTS, size=2.0)))
    units = [pull / pull.flatten(1).norm(dim=1).mean() for pull in pulls]
    assert torch.allclose(found, 2.0 * (units[0] + 3 * units[1]) / 4, atol=1e-6)
    made = torch.randn(4, 1, 30, generator=torch.Generator().manual_seed(0))
    assert float(value) == pytest.approx(float(made.abs().mean() + 3 * (made - 1).square().sum()), rel=1e-5)


def test_the_gradient_does_not_depend_on_the_scale_of_a_loss() -> None:
    small, large = (balanced(Balancer(Balancer.Config(weights=WEIGHTS)), scale)[1] for scale in (1e-3, 1e3))
    assert torch.allclose(small, large, atol=1e-6)


def test_sizes_are_averaged_over_steps_and_remembered() -> None:
    balancer = Balancer(Balancer.Config(weights=WEIGHTS, decay=0.5))
    balanced(balancer, 1.0)
    _, found, pulls = balanced(balancer, 3.0)
    size = pulls[0].flatten(1).norm(dim=1).mean() / 3
    average = (0.5 * size + 3 * size) / 1.5
    share = pulls[1] / pulls[1].flatten(1).norm(dim=1).mean()
    assert torch.allclose(found, pulls[0] / average / 4 + 3 * share / 4, atol=1e-6)
    again = Balancer(balancer.config)
    again.load_state_dict(balancer.state_dict())
    assert torch.equal(balanced(again, 2.0)[1], balanced(balancer, 2.0)[1])


def test_a_loss_that_is_not_there_yet_leaves_its_share_to_the_others() -> None:
    balancer = Balancer(Balancer.Config(weights=(*WEIGHTS, ("adversarial", 5.0))))
    assert torch.equal(balanced(balancer)[1], balanced(Balancer(Balancer.Config(weights=WEIGHTS)))[1])
    with pytest.raises(ValueError, match="no weight for other"):
        balancer({"other": torch.zeros(())}, torch.zeros(1))


def test_without_gradients_it_is_the_weighted_sum() -> None:
    with torch.no_grad():
        balancer = Balancer(Balancer.Config(weights=WEIGHTS))
        assert float(balancer({"wave": torch.tensor(2.0), "mel": torch.tensor(0.5)}, torch.zeros(1))) == 3.5
    assert not balancer.counts.any()


def test_the_adaptive_weight_is_the_ratio_of_the_gradients_of_the_last_weight() -> None:
    last = torch.ones(3, requires_grad=True)
    steady, adversarial = (2 * last).sum(), (last**2).sum() / 4
    assert float(adaptive_weight(steady, adversarial, last)) == pytest.approx(4, rel=1e-3)
    assert float(adaptive_weight(steady, 0 * adversarial, last, most=100.0)) == 100
    with torch.no_grad():
        assert float(adaptive_weight(steady, adversarial, last)) == 1
