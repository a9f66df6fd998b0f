"""The optimiser of weight norm moves plain weights as torch's own reparametrisation moves what it multiplies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from songloom.layers.conv import Conv1d
from songloom.layers.time_major import Conv, ConvUp
from songloom.systems import registry
from songloom.training.optimisation import load_state_tensors, make_optimizers, state_tensors, trained_parameters
from songloom.training.weight_norm import NormedAdamW, lengths, norm_names

HOW = {"lr": 3e-2, "betas": (0.8, 0.99), "weight_decay": 0.1}


@pytest.mark.parametrize(
    ("own", "theirs"),
    [
        (Conv(5, 7, 3), nn.Conv1d(5, 7, 3, padding=1)),
        (ConvUp(5, 7, 2), nn.ConvTranspose1d(5, 7, 4, stride=2, padding=1)),
        (nn.Linear(40, 7), nn.Linear(40, 7)),
    ],
)
def test_weights_go_the_way_of_torch_s_reparametrisation(own: Any, theirs: Any) -> None:
    torch.manual_seed(0)
    theirs.load_state_dict(own.state_dict())
    normed = weight_norm(theirs)
    ours = NormedAdamW([own.weight], **HOW)
    other = torch.optim.AdamW(
        [normed.parametrizations.weight.original0, normed.parametrizations.weight.original1], **HOW
    )
    for step in range(20):
        x = torch.randn(3, 5, 40, generator=torch.Generator().manual_seed(step))
        for model, optimizer in ((own, ours), (normed, other)):
            optimizer.zero_grad()
            (model(x).sin() * (1 + step)).sum().backward()
            optimizer.step()
    assert not torch.allclose(lengths(own.weight), lengths(torch.ones_like(own.weight)))
    torch.testing.assert_close(own.weight, normed.weight, atol=2e-5, rtol=2e-5)


def test_it_goes_on_exactly_from_its_memory_and_the_plain_weights() -> None:
    start = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(3))
    states: dict[str, torch.Tensor] = {}

    def steps(first: int, last: int, weight: torch.Tensor) -> torch.Tensor:
        parameter = nn.Parameter(torch.empty(3, 5, 4).transpose(1, 2).copy_(weight))
        optimizer = NormedAdamW([parameter], **HOW)
        if first:
            load_state_tensors([optimizer], {"w": parameter}, states)
        for step in range(first, last):
            parameter.grad = torch.empty_like(parameter).copy_((start + step).sin())
            optimizer.step()
        states.update(state_tensors([optimizer], {"w": parameter}))
        return parameter.detach()

    whole = steps(0, 6, start)
    assert torch.equal(steps(3, 6, steps(0, 3, start)), whole)


def test_rows_without_a_length_stay_finite() -> None:
    weight = nn.Parameter(torch.zeros(2, 3))
    weight.grad = torch.ones(2, 3)
    optimizer = NormedAdamW([weight], lr=0.1)
    for _ in range(3):
        optimizer.step()
    assert bool(weight.isfinite().all())


def test_biases_are_refused() -> None:
    with pytest.raises(ValueError, match="rows of numbers"):
        NormedAdamW([nn.Parameter(torch.ones(3))], lr=0.1)


def test_encodec_norms_as_many_weights_as_transformers() -> None:
    from transformers import EncodecConfig, EncodecModel

    theirs = EncodecModel(EncodecConfig(num_filters=4, hidden_size=16, upsampling_ratios=[5, 4, 2], codebook_size=32))
    own = registry.presets()["encodec-tiny"].build()
    assert len(norm_names(own)) == sum(name.endswith("weight.original0") for name in theirs.state_dict())


def test_dac_norms_as_many_weights_as_transformers() -> None:
    from transformers import DacConfig, DacModel

    sizes = {"encoder_hidden_size": 8, "decoder_hidden_size": 32, "codebook_size": 64, "n_codebooks": 4}
    theirs: Any = DacModel(DacConfig(downsampling_ratios=[2, 4, 8], upsampling_ratios=[8, 4, 2], **sizes))
    theirs.apply_weight_norm()
    own = registry.presets()["dac-tiny"].build()
    assert len(norm_names(own)) == sum(name.endswith(("weight_g", "original0")) for name in theirs.state_dict())


@pytest.mark.parametrize("name", ["dac-tiny", "encodec-tiny", "oobleck-tiny"])
def test_a_recipe_with_weight_norm_moves_every_weight_once(name: str) -> None:
    owner, settings = registry.preset(name)
    recipe = owner.recipe(name)
    system = settings.build()
    parameters = trained_parameters(system)
    assert recipe.weight_norm
    for chosen in (recipe, replace(recipe, weight_norm=False)):
        optimizers = make_optimizers(system, chosen)
        moved = [id(p) for optimizer in optimizers for group in optimizer.param_groups for p in group["params"]]
        assert sorted(moved) == sorted(map(id, parameters.values()))
        assert any(isinstance(one, NormedAdamW) for one in optimizers) == chosen.weight_norm


def test_convolutions_with_group_norm_are_not_normed_twice() -> None:
    assert not registry.preset("encodec-48khz")[0].recipe("encodec-48khz").weight_norm


def test_training_keeps_the_layout_of_weights_in_memory() -> None:
    conv = Conv1d(4, 6, 3)
    before, start = conv.weight.stride(), conv.weight.detach().clone()
    optimizer = NormedAdamW([conv.weight], lr=0.1)
    conv(torch.randn(1, 20, 4)).square().sum().backward()
    optimizer.step()
    assert conv.weight.stride() == before and not torch.equal(conv.weight, start)
