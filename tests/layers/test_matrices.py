"""Packed weights multiply as a linear layer does, to the error of their numbers, and leave nothing of it behind."""

from __future__ import annotations

import weakref

import pytest
import torch
from torch import nn

from songloom.layers import matrices
from songloom.layers.matrices import BYTES, Packed, Precision, pack_linears, product

ERRORS: dict[Precision, float] = {"float32": 1e-6, "bfloat16": 0.005, "int8": 0.02}
"""Of a product, in parts of its deviation."""


@pytest.mark.parametrize("precision", ERRORS)
@pytest.mark.parametrize("rows", [1, 2, 7])
@pytest.mark.parametrize("biased", [False, True])
@torch.no_grad()
def test_a_product_is_the_linear_layers_to_the_error_of_its_numbers(
    precision: Precision, rows: int, biased: bool
) -> None:
    torch.manual_seed(0)
    x, weight = torch.randn(rows, 250), torch.randn(510, 250) * torch.rand(510, 1)
    bias = torch.randn(510) if biased else None
    exact = nn.functional.linear(x, weight, bias)
    made = product(weight, precision, bias)(x)
    assert made.dtype == torch.float32
    assert float((made - exact).std() / exact.std()) < ERRORS[precision]


@torch.no_grad()
def test_products_of_bytes_are_those_of_rounded_weights_and_activations() -> None:
    torch.manual_seed(0)
    x, weight = torch.randn(2, 64), torch.randn(48, 64)
    low, high = x.min(), x.max()
    levels = 255 if torch.cpu._is_vnni_supported() else 127
    step, scale = (high - low) / levels, weight.abs().amax(1, keepdim=True) / 127
    zero = (-low / step).round()
    rounded = ((x / step + zero).round().clamp(0, levels) - zero) * step
    expected = rounded @ ((weight / scale).round() * scale).T
    torch.testing.assert_close(product(weight, "int8")(x), expected, atol=2e-2, rtol=0)


@torch.no_grad()
def test_without_products_of_bytes_the_weights_alone_are_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrices, "_has_bytes", lambda: False)
    torch.manual_seed(0)
    x, weight, bias = torch.randn(2, 256), torch.randn(512, 256) * torch.rand(512, 1), torch.randn(512)
    exact = nn.functional.linear(x, weight, bias)
    made = product(weight, "int8", bias)(x)
    assert made.dtype == torch.float32 and float((made - exact).std() / exact.std()) < ERRORS["int8"]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@torch.no_grad()
def test_without_onednn_products_are_plain(monkeypatch: pytest.MonkeyPatch, precision: Precision) -> None:
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    x, weight = torch.randn(2, 64), torch.randn(48, 64)
    made = product(weight, precision)(x)
    assert float((made - x @ weight.T).std()) < 8 * ERRORS[precision]


@pytest.mark.parametrize("precision", ERRORS)
@torch.no_grad()
def test_packing_stands_in_for_every_linear_layer_and_forgets_it(precision: Precision) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(32, 64), nn.GELU(), nn.Sequential(nn.Linear(64, 16, bias=False)))
    x = torch.randn(3, 5, 32)
    exact, gone = module(x), [weakref.ref(module[0].weight), weakref.ref(module[2][0].weight)]
    pack_linears(module, precision)
    made = module(x)
    assert made.shape == exact.shape
    assert float((made - exact).std() / exact.std()) < 2 * ERRORS[precision]
    assert [reference() for reference in gone] == [None, None]
    assert sum(part.nbytes for part in module.modules() if isinstance(part, Packed)) == BYTES[precision] * 3072


def test_packed_weights_are_not_saved_or_moved_as_if_they_were_all() -> None:
    module = nn.Sequential(nn.Linear(4, 4))
    pack_linears(module, "int8")
    with pytest.raises(ValueError, match="stay where"):
        module.double()
    with pytest.raises(ValueError, match="0 is packed in int8"):
        module.state_dict()
