"""A denoising network made fast where it runs: packed matrices on a CPU, compiled blocks in bfloat16 on a GPU.

What is given back can make music but not learn. Where torch cannot compile on this machine, the network runs as it
is written; the report and a warning say why.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from songloom.layers.dit import Dit
from songloom.layers.matrices import Precision


@dataclass(frozen=True, slots=True)
class Accelerated:
    """What became of a network: the precision of its blocks, whether they are compiled, and if not, why."""

    precision: Precision
    compiled: bool
    reason: str = ""


@torch.no_grad()
def accelerate(dit: Dit, precision: Precision) -> Accelerated:
    """Makes a network fast on the device that it is on; its keys and values have to be computed anew (`given`).

    Raises ValueError for a precision that this machine does not have."""
    if on_cpu(dit):
        dit.pack(precision)
        return Accelerated(precision, False, "a CPU takes packed matrices")
    if precision == "int8":
        raise ValueError("precision int8 is for a CPU; on a GPU it can be float32 or bfloat16")
    if precision == "bfloat16":
        dit.blocks.to(torch.bfloat16)
    reason = compiled(dit)
    if reason:
        warnings.warn(f"blocks are not compiled: {reason}", stacklevel=2)
    return Accelerated(precision, not reason, reason)


def on_cpu(dit: Dit) -> bool:
    """Whether a network lies on a CPU."""
    return next(dit.parameters()).device.type == "cpu"


def compiled(dit: Dit, *, backend: str | Callable[..., Any] = "inductor") -> str:
    """Compiles the blocks, one for all as they are alike and for all lengths, and tries them once; gives "" or why it
    did not work, and then they are as before."""
    blocks = dit.each_block()
    for block in blocks:
        block.compile(backend=backend)
    rates = dit.time_features.rates
    try:
        dit(rates.new_zeros(1, dit.enter.in_features, 8), rates.new_zeros(()))
    except RuntimeError as error:  # what torch.compile raises, without a compiler too
        for block in blocks:
            _as_written(block)
        return " ".join(str(error).split())[:200]
    return ""


def _as_written(block: nn.Module) -> None:
    block._compiled_call_impl = None
