"""LoRA on linear layers: it begins as the layer was, merges exactly, adds up, and touches nothing else."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from songloom.layers.lora import Lora, LoraLinear, adapted_layers, attach, factors, merge, merged


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 10), nn.GELU(), nn.Linear(10, 3, bias=False))


def learned(rank: int = 2, seed: int = 1) -> dict[str, Tensor]:
    """What training could leave, at random."""
    torch.manual_seed(seed)
    shapes = {"0": (10, 6), "2": (3, 10)}
    return {
        f"{name}.{part}": torch.randn(shape)
        for name, (outputs, inputs) in shapes.items()
        for part, shape in (("down", (rank, inputs)), ("up", (outputs, rank)))
    }


def bits(module: nn.Module) -> list[Tensor]:
    return [p.detach().view(torch.int32).clone() for p in module.parameters()]


def test_a_model_begins_as_it_was() -> None:
    x = torch.randn(4, 6)
    plain, adapted = network(), network()
    assert list(attach(adapted, Lora(rank=2))) == ["0", "2"]
    assert torch.equal(plain(x), adapted(x))


def test_a_layer_gives_what_the_formula_says() -> None:
    x = torch.randn(5, 6)
    layer = nn.Linear(6, 10)
    adapted = LoraLinear(layer, 2, scale=0.5)
    nn.init.normal_(adapted.up)
    expected = x @ layer.weight.T + layer.bias + 0.5 * (adapted.up @ adapted.down @ x.T).T
    torch.testing.assert_close(adapted(x), expected)


def test_only_what_was_attached_learns() -> None:
    model = network()
    attach(model, Lora(rank=2))
    model(torch.randn(4, 6)).square().mean().backward()
    moved = {name for name, p in model.named_parameters() if p.grad is not None}
    assert moved == factors(model).keys()
    assert all(
        p.grad.abs().sum() > 0 for layer in adapted_layers(model).values() for p in [layer.up] if p.grad is not None
    )


def test_merged_weights_give_the_unmerged_output_to_rounding() -> None:
    x, settings = torch.randn(64, 6), Lora(rank=2, alpha=3.0)
    plain, adapted = network(), network()
    attach(adapted, settings)
    for name, tensor in factors(adapted).items():
        tensor.copy_(learned()[name])
    merge(plain, learned(), settings.scale)
    torch.testing.assert_close(plain(x), adapted(x), rtol=1e-5, atol=1e-5)
    assert (plain(x) - network()(x)).abs().max() > 0.1


def test_strength_0_changes_no_bit() -> None:
    model = network()
    with torch.no_grad():
        model[0].weight[0] = -0.0
    before = bits(model)
    merge(model, learned(), 0.0)
    assert all(torch.equal(one, other) for one, other in zip(before, bits(model), strict=True))


def test_two_that_are_stacked_are_their_sum() -> None:
    first, second = learned(2, seed=1), learned(3, seed=2)
    model, base = network(), network()
    merge(model, first, 0.7)
    merge(model, second, -1.2)
    for name in ("0", "2"):
        products = [part[f"{name}.up"].double() @ part[f"{name}.down"].double() for part in (first, second)]
        expected = base.get_parameter(f"{name}.weight").double() + 0.7 * products[0] - 1.2 * products[1]
        torch.testing.assert_close(model.get_parameter(f"{name}.weight").double(), expected, rtol=1e-5, atol=1e-6)


def test_code_that_reads_weights_finds_them_merged_for_a_while() -> None:
    x, model = torch.randn(8, 6), network()
    attach(model, Lora(rank=2))
    for tensor in factors(model).values():
        tensor.normal_()
    before, expected = bits(model), model(x)
    with merged(model):
        torch.testing.assert_close(model(x), expected, rtol=1e-5, atol=1e-5)
        by_hand = nn.functional.gelu(x @ model[0].weight.T + model[0].bias) @ model[2].weight.T
        torch.testing.assert_close(by_hand, expected, rtol=1e-5, atol=1e-5)
    assert all(torch.equal(one, other) for one, other in zip(before, bits(model), strict=True))


def test_a_pattern_chooses_layers_and_named_parts_are_left_out() -> None:
    model = nn.ModuleDict({"blocks": network(), "codec": network()})
    assert list(attach(model, Lora(rank=1, layers="*.2"), without=("codec",))) == ["blocks.2"]
    with pytest.raises(ValueError, match="no linear layer is named 'nothing'"):
        attach(network(), Lora(layers="nothing"))


@pytest.mark.parametrize("rank", [-1, 0, 7])
def test_a_rank_that_no_layer_has_is_refused(rank: int) -> None:
    with pytest.raises(ValueError, match=rf"rank is {rank}; for these layers it must be from 1 to 6"):
        attach(network(), Lora(rank=rank))


def test_a_layer_narrower_than_the_rank_has_its_own_width() -> None:
    model = network()
    attach(model, Lora(rank=5))
    assert [len(layer.down) for layer in adapted_layers(model).values()] == [5, 3]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"2.up": torch.zeros(4, 2)}, "the layer 2 is"),
        ({"9.up": torch.zeros(4, 2), "9.down": torch.zeros(2, 4)}, "the layer 9 is missing"),
        ({"2.other": torch.zeros(4, 2)}, "pairs"),
        ({"2.up": torch.zeros(3, 5)}, "no product"),
    ],
)
def test_what_does_not_fit_changes_nothing(change: dict[str, Tensor], message: str) -> None:
    model = network()
    before = bits(model)
    with pytest.raises(ValueError, match=message):
        merge(model, learned() | change, 1.0)
    assert all(torch.equal(one, other) for one, other in zip(before, bits(model), strict=True))
