from __future__ import annotations

import pytest
import torch
from torch import nn

from songloom.layers.packed_conv import LEAST, LowConv2d, lower
from songloom.layers.unet import Unet, UnetShape


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


@torch.no_grad()
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [(8, 4), (7, 5)])
def test_a_convolution_in_bfloat16_is_off_by_little_everywhere(stride: int, size: tuple[int, int]) -> None:
    conv = nn.Conv2d(40, 48, 3, stride=stride, padding=1)
    image = torch.randn(2, 40, *size)
    expected, made = conv(image), LowConv2d(conv)(image)
    assert made.dtype == torch.float32 and made.shape == expected.shape
    # Two roundings to 8 bits of 360 products with random signs, and one of the sum.
    assert float((made - expected).std() / expected.std()) < 2**-8
    assert not torch.equal(made, expected)


@torch.no_grad()
def test_wide_convolutions_are_replaced_and_narrow_ones_stay() -> None:
    net = nn.Sequential(nn.Conv2d(4, LEAST, 3), nn.Conv2d(LEAST, LEAST, 3), nn.Conv2d(LEAST, 4, 1))
    assert lower(net) == 1
    assert [type(layer) for layer in net] == [nn.Conv2d, LowConv2d, nn.Conv2d]


@torch.no_grad()
@pytest.mark.parametrize(("precision", "limit"), [("float32", 1e-5), ("bfloat16", 0.02)])
def test_a_packed_u_net_gives_the_same_but_for_rounding(precision: str, limit: float) -> None:
    shape = UnetShape(widths=(32, 64), depth=1, attended=(False, True), attends=(0, 48), heads=(4, 4), groups=8)
    unet, image, words = Unet(shape, 4), torch.randn(2, 4, 8, 4), torch.randn(2, 5, 48)
    expected = unet(image, torch.tensor(300), unet.given([(words, None)]))
    unet.pack(precision)  # type: ignore[arg-type]
    made = unet(image, torch.tensor(300), unet.given([(words, None)]))
    assert float((made - expected).std() / expected.std()) < limit
