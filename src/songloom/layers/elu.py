"""ELU over rows: x above zero, e^x - 1 below (Clevert, Unterthiner & Hochreiter 2016, arXiv 1511.07289).

A CPU's own ELU computes e^x - 1 as exactly near zero as elsewhere, which takes twice as long as a power of two and four
passes of simple sums, and twelve times as long as these as machine code (`layers/compiled`). The difference is that of
rounding next to 1, 6e-8, far below the waves that networks make.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from songloom.layers.passes import machine_code

AT_ONCE = 1 << 18
"""Numbers that stay in the processor's cache between passes."""


def elu(rows: Tensor, *, out: Tensor | None = None) -> Tensor:
    """ELU of rows [B, T, C]; where no gradients are recorded, written to `out`, which may be `rows`."""
    if torch.is_grad_enabled() or rows.device.type != "cpu":
        made = functional.elu(rows)
        return made if out is None else out.copy_(made)
    made = torch.empty_like(rows, memory_format=torch.contiguous_format) if out is None else out
    if rows.dtype == torch.float32 and (fast := machine_code(rows)) is not None:
        fast.elu(rows, made)
        return made
    size = max(1, AT_ONCE // (len(rows) * rows.shape[2]))
    for given, into in zip(torch.split(rows, size, 1), torch.split(made, size, 1), strict=True):
        # Above zero x is more than 2^0 - 1, below zero less than e^x - 1.
        power = torch.mul(given, math.log2(math.e)).clamp_(max=0).exp2_().sub_(1)
        torch.maximum(given, power, out=into)
    return made
