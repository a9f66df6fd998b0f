"""Convolutions to a few channels by one product are torch's."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from songloom.layers.narrow import FEW, narrow, narrowed


@pytest.mark.parametrize("outputs", [1, FEW])
@pytest.mark.parametrize(("taps", "padding"), [(1, 0), (3, 0), (7, 3)])
@pytest.mark.parametrize("biased", [True, False])
def test_a_product_and_sums_are_the_convolution(outputs: int, taps: int, padding: int, biased: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    rows, weight = (torch.randn(*s, generator=generator).double() for s in ((3, 50, 5), (outputs, 5, taps)))
    bias = torch.randn(outputs, generator=generator).double() if biased else None
    wanted = functional.conv1d(rows.transpose(1, 2), weight, bias, padding=padding).transpose(1, 2)
    torch.testing.assert_close(narrowed(rows, weight, bias, padding=padding), wanted)


def test_more_channels_and_gradients_take_convolutions() -> None:
    rows, weight = torch.zeros(1, 9, 3), torch.zeros(FEW, 3, 7)
    assert not narrow(rows, weight)
    with torch.no_grad():
        assert narrow(rows, weight) and not narrow(rows, torch.cat([weight, weight]))
