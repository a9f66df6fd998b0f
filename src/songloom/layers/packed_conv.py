"""Convolutions of images in bfloat16, for a CPU that has its products: numbers of 8 bits, sums of 24.

What comes in and what goes out stays float32, so that norms and sums beside them lose nothing. Such a layer makes
music; it does not learn any more.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

LEAST = 32
"""Channels in and out from which a convolution is worth it."""


class LowConv2d(nn.Module):
    """A stand-in for one convolution: [B, C, F, M] -> [B, C', F', M']."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        weight = conv.weight.detach().to("cpu", torch.bfloat16)
        self.weight = weight.contiguous(memory_format=torch.channels_last)
        self.bias = None if conv.bias is None else conv.bias.detach().to("cpu", torch.bfloat16)
        self.stride, self.padding = conv.stride, conv.padding

    def forward(self, image: Tensor) -> Tensor:
        low = image.to(torch.bfloat16, memory_format=torch.channels_last)
        return functional.conv2d(low, self.weight, self.bias, self.stride, self.padding).to(image.dtype)


def lower(module: nn.Module) -> int:
    """Puts such layers in the place of the wide convolutions inside `module`; gives their number."""
    found = [
        name for name, conv in module.named_modules() if type(conv) is nn.Conv2d and min(conv.weight.shape[:2]) >= LEAST
    ]
    for name in found:
        conv = module.get_submodule(name)
        assert isinstance(conv, nn.Conv2d)
        module.set_submodule(name, LowConv2d(conv))
    return len(found)
