"""Gradients of the losses against finite differences, in double precision."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import gradcheck

from songloom.bottlenecks.bottleneck import Bottleneck
from songloom.bottlenecks.gaussian import GaussianBottleneck
from songloom.bottlenecks.lookup_free import LookupFreeQuantizer, entropy_of_average, entropy_of_each
from songloom.bottlenecks.residual import ResidualQuantizer
from songloom.bottlenecks.vector import VectorQuantizer


def latents(width: int, frames: int = 5) -> Tensor:
    torch.manual_seed(0)
    return torch.randn(2, width, frames, dtype=torch.float64, requires_grad=True)


def agrees(bottleneck: Bottleneck, name: str, where: Tensor) -> bool:
    """Whether a loss has the gradient of finite differences for the latents."""
    return gradcheck(lambda given: bottleneck.double()(given).losses[name], where)


def test_commitment_has_its_gradient() -> None:
    settings = {"codebook_size": 7, "width": 3}
    for learn in ("average", "gradient"):
        assert agrees(VectorQuantizer.Config(**settings, learn=learn).build().eval(), "commitment", latents(3))
    one = ResidualQuantizer.Config(**settings, streams=1, projection=2, cosine=True, learn="gradient")
    assert agrees(one.build(), "commitment", latents(3))
    for stagewise in (False, True):
        several = ResidualQuantizer.Config(**settings, streams=3, stagewise=stagewise)
        assert agrees(several.build().eval(), "commitment", latents(3))


def test_the_codebook_loss_has_its_gradient_in_the_entries() -> None:
    quantizer = VectorQuantizer.Config(codebook_size=7, width=3, learn="gradient", orthogonal=True).build().double()
    entries, where = quantizer.book.entries.detach().clone().requires_grad_(), latents(3).detach()
    for name in ("codebook", "orthogonal"):

        def loss(given: Tensor, name: str = name) -> Tensor:
            return torch.func.functional_call(quantizer, {"book.entries": given}, (where,)).losses[name]

        assert gradcheck(loss, entries)


def test_divergence_has_its_gradient() -> None:
    for scale in ("softplus", "log-variance"):
        assert agrees(GaussianBottleneck.Config(width=3, scale=scale).build(), "kl", latents(6))


def test_entropies_have_their_gradients() -> None:
    logits = torch.randn(6, 5, dtype=torch.float64, requires_grad=True)
    assert gradcheck(entropy_of_each, logits)
    assert gradcheck(entropy_of_average, logits)
    assert agrees(LookupFreeQuantizer.Config(bits=3, width=3).build(), "commitment", latents(3))
