"""Layers of a few rows, one row at a time: no piece may depend on what else is in its batch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def row_by_row(layer: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
    """A layer of a few rows [B, ...], one by one where music is made: as one product they would be summed in another
    order than each alone. Each is taken twice, since the product with one single row is summed in an order that
    depends on where in memory the weights lie, and those that are mapped from a file lie anywhere. On a GPU rows are
    not as alone to the bit, and one product is faster."""
    if torch.is_grad_enabled() or rows.is_cuda:
        return layer(rows)
    return torch.cat([layer(torch.cat([row, row]))[:1] for row in torch.split(rows, 1)])
