"""Renaming leaves nothing over; folded weights are what weight norm makes; filling is all or nothing."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from songloom.published.keys import fill, listed, renamed, unnormed


def test_names_are_renamed_by_the_first_rule_that_fits() -> None:
    rules = [(r"encoder\.layers\.(\d+)\.conv\.(.+)", r"encoder.\1.\2"), (r".*\.inited", None), (r"(.*)", r"rest.\1")]
    tensors = {"encoder.layers.3.conv.bias": torch.ones(1), "q.inited": torch.ones(1), "a": torch.zeros(1)}
    assert list(renamed(tensors, rules)) == ["encoder.3.bias", "rest.a"]


def test_names_that_no_rule_fits_are_listed() -> None:
    tensors = {f"b.{i}": torch.ones(1) for i in range(12)}
    with pytest.raises(ValueError, match=r"unknown keys, 12: b.0, b.1, b.10, .* and 4 more"):
        renamed(tensors, [("a", "a")])


def test_two_names_that_become_one_are_refused() -> None:
    with pytest.raises(ValueError, match="two tensors for same"):
        renamed({"a": torch.ones(1), "b": torch.ones(1)}, [("a|b", "same")])


@pytest.mark.parametrize("layer", [nn.Conv1d(3, 5, 4), nn.ConvTranspose1d(3, 5, 4), nn.Linear(3, 5)])
def test_folded_weights_are_those_of_both_weight_norms(layer: nn.Module) -> None:
    new = nn.utils.parametrizations.weight_norm(layer)
    with torch.no_grad():
        new.parametrizations.weight.original0.mul_(1.7)
    state = {key: tensor.clone() for key, tensor in new.state_dict().items()}
    old = {
        "weight_g": state["parametrizations.weight.original0"],
        "weight_v": state["parametrizations.weight.original1"],
        "bias": state["bias"],
    }
    for tensors in (state, old):
        folded = unnormed({f"x.{key}": tensor for key, tensor in tensors.items()})
        assert folded.keys() == {"x.weight", "x.bias"}
        torch.testing.assert_close(folded["x.weight"], new.weight)


def test_half_a_weight_norm_is_refused() -> None:
    with pytest.raises(ValueError, match="x has only one of weight_g and weight_v"):
        unnormed({"x.weight_g": torch.ones(3, 1)})
    with pytest.raises(ValueError, match="lengths"):
        unnormed({"x.weight_g": torch.ones(3, 1), "x.weight_v": torch.ones(4, 2)})


def test_filling_lists_every_problem_and_changes_nothing() -> None:
    layer = nn.Linear(3, 2)
    before = layer.bias.detach().clone()
    with pytest.raises(ValueError, match=r"lacks 1: weight; it has unknown 1: other; it misshapes 1: bias \(3,\) for"):
        fill(layer, {"other": torch.ones(1), "bias": torch.ones(3)})
    assert torch.equal(layer.bias, before)
    fill(layer, {"weight": torch.ones(2, 3), "bias": torch.ones(2, dtype=torch.float16)})
    assert bool((layer.weight == 1).all()) and layer.bias.dtype == torch.float32


def test_a_short_list_is_whole() -> None:
    assert listed(["b", "a"]) == "2: a, b"
