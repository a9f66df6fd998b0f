"""Weight matrices laid out for products with many rows: all frames of a denoising network at once, on a CPU.

Float32 and bfloat16 are those of `layers.matrices`, in oneDNN's layout for many rows: where torch's own library is
not at home (AMD's processors) that alone is a quarter faster with the same result. In bytes each output has its own
scale of weights and each row its own scale of numbers, so that a loud frame does not coarsen a quiet one; and both are
turned first, which changes no product but spreads single loud numbers (Ashkboos et al. 2024, "QuaRot", arXiv
2404.00456).
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from songloom.layers.matrices import (
    LEVELS,
    Bfloat16Product,
    Float32Product,
    Int8Product,
    Precision,
    Product,
    in_steps,
)

SATURATES = platform.machine() in ("x86_64", "AMD64") and not torch.cpu._is_vnni_supported()
"""Whether sums of two products of bytes are cut off at 16 bits: processors of x86 without dot products of bytes."""
MIDDLE = 64 if SATURATES else 128
"""The byte that stands for 0: oneDNN takes unsigned rows, of 7 bits where two products of 8 would be cut off."""
ROWS = 512
"""Rows that a layout is made for."""
TURNED = 64


def int8_product(weight: Tensor, bias: Tensor | None = None) -> Product:
    """Products of bytes for many rows, or those for few where this build of torch has no others."""
    known = torch.backends.mkldnn.is_available() and hasattr(torch.ops.onednn, "qlinear_pointwise")  # type: ignore[no-untyped-call]
    return Int8Rows(weight, bias) if known and weight.device.type == "cpu" else Int8Product(weight, bias)


MANY_ROWS: dict[Precision, Callable[[Tensor, Tensor | None], Product]] = {
    "float32": partial(Float32Product, rows=ROWS),
    "bfloat16": partial(Bfloat16Product, rows=ROWS),
    "int8": int8_product,
}


class Int8Rows:
    """Weights as whole numbers -127..127 with one scale per output, activations of as many below MIDDLE
    as above with one per row; sums are exact."""

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        weight = weight.detach().float()
        self.turn = turn(weight.shape[1])
        weight = turned(weight, self.turn)
        self.scale = (weight.abs().amax(1) / LEVELS).clamp_min(1e-12)
        self.zeros = torch.zeros(len(weight), dtype=torch.int32)
        self.weight = torch.ops.onednn.qlinear_prepack(in_steps(weight, self.scale), [ROWS, weight.shape[1]])
        self.bias = None if bias is None else bias.detach().float()

    def __call__(self, x: Tensor) -> Tensor:
        rows = turned(x.float(), self.turn)
        low, high = torch.aminmax(rows, dim=1, keepdim=True)
        scale = torch.maximum(-low, high).clamp_min_(1e-10) / (MIDDLE - 1)
        # Between 1 and 2 MIDDLE - 1: adding a half and cutting rounds.
        bytes = torch.add(rows / scale, MIDDLE + 0.5).to(torch.uint8)
        made: Tensor = torch.ops.onednn.qlinear_pointwise(
            bytes, 1.0, MIDDLE, self.weight, self.scale, self.zeros, None, 1.0, 0, torch.float32, "none", [], ""
        )
        made.mul_(scale)
        return made if self.bias is None else made.add_(self.bias)


def turn(inputs: int) -> Tensor:
    """An orthonormal matrix of +-1 / sqrt(n) (Sylvester 1867), n the largest power of 2 that divides `inputs`, but no
    more than TURNED: it spreads a loud number over n."""
    size, matrix = 1, torch.ones(1, 1)
    while size < TURNED and inputs % (2 * size) == 0:
        matrix, size = torch.kron(matrix, torch.tensor([[1.0, 1.0], [1.0, -1.0]])), 2 * size
    return matrix / size**0.5


def turned(rows: Tensor, matrix: Tensor) -> Tensor:
    """[rows, inputs], each stretch of n inputs times `matrix` [n, n]."""
    return (rows.reshape(-1, len(matrix)) @ matrix).view(rows.shape)
