"""Convolutions to a few channels, such as a network's last one, as one product of matrices and some sums.

A processor's convolutions give whole vectors of channels; to one channel or two they take twice as long as the products
of all rows with all taps, which are then added where they belong.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

FEW = 2
"""Channels up to which it is worth it."""


def narrow(rows: Tensor, weight: Tensor) -> bool:
    """Whether a convolution of rows [B, T, C] by `weight` [C', C, K], of stride and dilation 1, is better done so."""
    return len(weight) <= FEW and rows.device.type == "cpu" and not torch.is_grad_enabled()


def narrowed(rows: Tensor, weight: Tensor, bias: Tensor | None, *, padding: int = 0) -> Tensor:
    """Rows [B, T, C] between `padding` zeros, convolved by `weight` [C', C, K]: [B, T + 2 padding - K + 1, C']."""
    outputs, _, taps = weight.shape
    products = functional.pad(rows @ weight.permute(1, 2, 0).flatten(1), (0, 0, padding, padding))
    frames = products.shape[1] - taps + 1
    made = products[:, :frames, :outputs].clone()
    for tap in range(1, taps):
        made += products[:, tap : tap + frames, tap * outputs : (tap + 1) * outputs]
    return made if bias is None else made.add_(bias)
