from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from songloom.layers import many_rows
from songloom.layers.many_rows import MANY_ROWS, MIDDLE, Int8Rows, int8_product, turn, turned
from songloom.layers.matrices import LEVELS, Int8Product, Packed, pack_linears


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def layer(inputs: int = 96, outputs: int = 40, *, bias: bool = True) -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(inputs, outputs, bias=bias)


def drawn(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
@pytest.mark.parametrize("bias", [True, False])
def test_packed_float32_is_the_linear_layer(bias: bool) -> None:
    linear, x = layer(bias=bias), drawn(2, 7, 96)
    torch.testing.assert_close(Packed(linear, "float32", MANY_ROWS)(x), linear(x))


@torch.no_grad()
def test_packed_bfloat16_is_the_linear_layer_to_its_digits() -> None:
    linear, x = layer(), drawn(2, 7, 96)
    made = Packed(linear, "bfloat16", MANY_ROWS)(x)
    assert made.dtype == torch.float32
    assert (made - linear(x)).abs().max() < 2**-7 * linear(x).abs().max()


@torch.no_grad()
@pytest.mark.parametrize("bias", [True, False])
def test_bytes_are_the_formula_of_rounded_rows_and_weights(bias: bool) -> None:
    linear, x = layer(bias=bias), drawn(5, 96).double() * torch.tensor([0.01, 1, 1, 30, 0.5])[:, None]
    hadamard = turn(96).double()
    rows = torch.cat([part @ hadamard for part in x.split(32, 1)], 1)
    weight = torch.cat([part @ hadamard for part in linear.weight.double().split(32, 1)], 1)
    scales = [part.abs().amax(1) / levels for part, levels in ((rows, MIDDLE - 1), (weight, LEVELS))]
    steps = [(part / scale[:, None]).round() for part, scale in zip((rows, weight), scales, strict=True)]
    expected = steps[0] @ steps[1].T * scales[0][:, None] * scales[1]
    if linear.bias is not None:
        expected = expected + linear.bias.double()
    made = Int8Rows(linear.weight, linear.bias)(x.float())
    # A number that lies between two steps may go either way in float32.
    torch.testing.assert_close(made.double(), expected, atol=0.1, rtol=1e-3)
    ratio = (linear(x.float()) - made).std(1) / linear(x.float()).std(1)
    assert float(ratio.max()) < 0.03


@torch.no_grad()
def test_a_row_of_bytes_does_not_depend_on_other_rows() -> None:
    linear = layer()
    product, x = Int8Rows(linear.weight, linear.bias), drawn(6, 96)
    x[3] *= 1000
    assert torch.equal(product(x)[0], product(x[:1])[0])
    assert torch.equal(product(torch.zeros(2, 96)), linear.bias.expand(2, -1))


def test_turning_changes_no_product_and_spreads_a_loud_number() -> None:
    for inputs, size in ((96, 32), (6144, 64), (7, 1), (6, 2)):
        matrix = turn(inputs)
        assert matrix.shape == (size, size)
        torch.testing.assert_close(matrix @ matrix.T, torch.eye(size))
    first, second = drawn(3, 192), drawn(4, 192).flip(0)
    products = turned(first, turn(192)) @ turned(second, turn(192)).T
    torch.testing.assert_close(products, first @ second.T, atol=1e-4, rtol=1e-4)
    loud = torch.zeros(1, 192)
    loud[0, 5] = 8
    torch.testing.assert_close(turned(loud, turn(192)).abs()[0, :64], torch.ones(64))


def test_packing_leaves_out_what_it_is_told_to() -> None:
    module = nn.ModuleDict({"a": layer(), "b": layer(), "norm": nn.LayerNorm(40)})
    pack_linears(module, "int8", products=MANY_ROWS, but=("b",))
    assert [type(module[name]) for name in ("a", "b")] == [Packed, nn.Linear]
    with pytest.raises(ValueError, match="packed in int8"):
        module.state_dict()


def test_without_products_of_many_rows_in_bytes_those_of_few_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    linear = layer()
    assert isinstance(int8_product(linear.weight, linear.bias), Int8Rows)
    monkeypatch.setattr(many_rows.torch.backends.mkldnn, "is_available", lambda: False)
    assert isinstance(int8_product(linear.weight, linear.bias), Int8Product)
