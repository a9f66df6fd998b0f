"""Muon, what it may move, the schedule, averages."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn
from training_toys import ToyCodec, ToyModel

from songloom.recipe import Recipe
from songloom.training.average import Average
from songloom.training.muon import QUINTIC, Muon, orthogonalized
from songloom.training.optimisation import (
    load_state_tensors,
    make_optimizers,
    matrix_names,
    rate_factor,
    state_tensors,
    trained_parameters,
)


@pytest.mark.parametrize("shape", [(3, 16, 16), (2, 12, 40), (2, 40, 12)])
def test_orthogonalising_brings_the_singular_values_near_one_and_keeps_the_singular_vectors(
    shape: tuple[int, int, int],
) -> None:
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = orthogonalized(matrices)
    for matrix, result in zip(matrices, found, strict=True):
        u, s, vt = torch.linalg.svd(matrix, full_matrices=False)
        values = s / s.norm()
        a, b, c = QUINTIC
        for _ in range(5):  # the iteration acts on singular values alone
            values = a * values + b * values**3 + c * values**5
        assert torch.allclose(result, u @ torch.diag(values) @ vt, atol=1e-9)
        assert values[s > 0.1 * s[0]].sub(1).abs().max() < 0.5


def test_one_step_of_muon_is_nesterov_momentum_orthogonalised_and_scaled() -> None:
    weight = nn.Parameter(torch.randn(8, 4, generator=torch.Generator().manual_seed(1)))
    start, gradient = weight.detach().clone(), torch.randn(8, 4, generator=torch.Generator().manual_seed(2))
    weight.grad = gradient.clone()
    Muon([weight], lr=0.1, momentum=0.9, weight_decay=0.5).step()
    momentum = 0.1 * gradient
    update = orthogonalized((0.1 * gradient + 0.9 * momentum)[None])[0]
    assert torch.allclose(weight, start * (1 - 0.1 * 0.5) - 0.1 * 2**0.5 * update, atol=1e-6)


def test_muon_refuses_what_is_no_matrix() -> None:
    with pytest.raises(ValueError, match="matrices"):
        Muon([nn.Parameter(torch.zeros(3))])


def test_muon_moves_linear_weights_inside_blocks_and_adamw_the_rest() -> None:
    system = ToyModel(ToyModel.Config())
    assert matrix_names(system) == {
        "blocks.0.weight",
        "blocks.1.weight",
        "codec.blocks.0.weight",
        "codec.blocks.1.weight",
    }
    parameters = trained_parameters(system)
    assert not any(name.startswith("codec.") for name in parameters)
    adamw, muon = make_optimizers(system, ToyModel.recipe("toy-model-tiny"))
    counted = [sum(p.numel() for group in o.param_groups for p in group["params"]) for o in (adamw, muon)]
    assert counted == [sum(p.numel() for p in parameters.values()) - 2 * 64, 2 * 64]
    decayed = {id(p) for group in adamw.param_groups if group["weight_decay"] for p in group["params"]}
    assert decayed == {id(parameters["embedding.weight"]), id(parameters["head.weight"])}


def test_a_system_may_name_its_own_matrices() -> None:
    class Other(ToyCodec):
        def matrix_parameters(self) -> set[str]:
            return {"inside.weight"}

    assert matrix_names(Other(ToyCodec.Config())) == {"inside.weight"}


def test_a_weight_in_another_order_in_memory_goes_on_exactly() -> None:
    start = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(3))
    states: dict[str, torch.Tensor] = {}

    def steps(first: int, last: int, weight: torch.Tensor) -> torch.Tensor:
        parameter = nn.Parameter(torch.empty(3, 5, 4).transpose(1, 2).copy_(weight))
        optimizer = torch.optim.AdamW([parameter], lr=0.1, fused=True)
        if first:
            load_state_tensors([optimizer], {"w": parameter}, states)
        for step in range(first, last):
            parameter.grad = torch.empty_like(parameter).copy_((start + step).sin())
            optimizer.step()
        states.update(state_tensors([optimizer], {"w": parameter}))
        return parameter.detach()

    whole = steps(0, 4, start)
    assert torch.equal(steps(2, 4, steps(0, 2, start)), whole)


def test_the_rate_rises_linearly_and_falls_on_a_cosine() -> None:
    recipe = Recipe(steps=110, warmup=10, final_rate=0.1)
    assert rate_factor(0, recipe) == pytest.approx(0.1)
    assert rate_factor(9, recipe) == pytest.approx(1.0)
    assert rate_factor(60, recipe) == pytest.approx(0.55)
    assert rate_factor(110, recipe) == pytest.approx(0.1)
    assert rate_factor(500, recipe) == pytest.approx(0.1)
    assert rate_factor(0, replace(recipe, warmup=0)) == pytest.approx(1.0)


def test_the_average_of_a_constant_weight_is_that_weight_and_applying_it_gives_the_own_weights_back() -> None:
    weight = nn.Parameter(torch.tensor([2.0]))
    average = Average({"w": weight}, 0.9)
    for step in range(50):
        average.update(step)
    assert average.tensors()["w"].item() == pytest.approx(2.0)
    with torch.no_grad():
        weight.fill_(4.0)
    average.update(1000)
    assert average.tensors()["w"].item() == pytest.approx(0.9 * 2 + 0.1 * 4)
    with average.applied():
        assert weight.item() == pytest.approx(2.2)
    assert weight.item() == 4.0
    with pytest.raises(ValueError, match="ema"):
        Average({"w": weight}, 1.0)
