from __future__ import annotations

import torch

from songloom.layers.matrices import Float32Product, Int8Product


def test_float32_is_the_plain_product() -> None:
    x, weight = torch.randn(2, 48), torch.randn(96, 48)
    assert torch.allclose(Float32Product(weight)(x), x @ weight.T, atol=1e-5)


def test_int8_is_within_two_hundredths_of_the_products_deviation() -> None:
    torch.manual_seed(0)
    x, weight = torch.randn(2, 256), torch.randn(512, 256) * torch.rand(512, 1)
    exact = x @ weight.T
    error = (Int8Product(weight)(x).float() - exact).std() / exact.std()
    assert error < 0.02
