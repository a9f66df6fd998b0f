"""Linear layers for many rows on a CPU: weights laid out once, products in float32, bfloat16 or bytes.

`nn.Linear` lays its weight out anew for each product. oneDNN keeps the layout, and where torch's own library is not
at home (AMD's processors) that alone is a quarter faster with the same result. With native instructions for them,
bfloat16 is about twice as fast again and bytes four times: each output has its own scale of weights, and each row
its own scale of numbers, so that a loud frame does not coarsen a quiet one. Products of bytes are off by about 1/100
of their deviation. A module that is packed makes music; it does not learn any more, and its weights are not saved.
"""

from __future__ import annotations

from typing import get_args

import torch
from torch import Tensor, nn

from songloom.layers.matrices import LEVELS, Precision

MIDDLE = 128
"""The byte that stands for 0: oneDNN takes unsigned numbers."""
ROWS = 512
"""Rows that a layout is made for."""
TURNED = 64
LEAST = 32
"""Inputs and outputs from which a layer is worth it."""


def available(precision: Precision) -> bool:
    """Whether this build of torch has oneDNN's products of that kind."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    if precision == "int8":
        return hasattr(torch.ops.onednn, "qlinear_pointwise")
    return hasattr(torch.ops.mkldnn, "_linear_pointwise")


def pack(module: nn.Module, precision: Precision, *, but: tuple[str, ...] = ()) -> int:
    """Puts packed layers in the place of the linear ones inside `module`, but for those whose own name is in `but`
    and small ones; gives their number. Float32 is left as it is where nothing can be packed.

    Raises ValueError for a precision that is unknown, or that this build of torch does not have."""
    if precision not in get_args(Precision):
        raise ValueError(f"precision is {precision!r}; it can be {', '.join(get_args(Precision))}")
    if not available(precision):
        if precision == "float32":
            return 0
        raise ValueError(f"this build of torch has no products in {precision} (oneDNN's); use precision float32")
    found = [
        name
        for name, layer in module.named_modules()
        if type(layer) is nn.Linear and min(layer.weight.shape) >= LEAST and name.rpartition(".")[2] not in but
    ]
    for name in found:
        module.set_submodule(name, packed(module.get_submodule(name), precision))
    return len(found)


def packed(linear: nn.Module, precision: Precision) -> nn.Module:
    """A stand-in for one linear layer: [..., inputs] -> [..., outputs]."""
    assert isinstance(linear, nn.Linear)
    if precision == "int8":
        return Int8Linear(linear)
    return PackedLinear(linear, {"float32": torch.float32, "bfloat16": torch.bfloat16}[precision])


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


class PackedLinear(nn.Module):
    """In float32 (exact) or bfloat16."""

    def __init__(self, linear: nn.Linear, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype
        self.weight = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach().to("cpu", dtype), ROWS)
        self.bias = None if linear.bias is None else linear.bias.detach().to("cpu", dtype)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = torch.ops.mkldnn._linear_pointwise(x.to(self.dtype), self.weight, self.bias, "none", [], "")
        return made.to(x.dtype)


class Int8Linear(nn.Module):
    """In bytes, with sums in 32 bits."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach().to("cpu", torch.float32)
        self.outputs, self.inputs = weight.shape
        self.zeros = torch.zeros(self.outputs, dtype=torch.int32)
        self.turn = turn(self.inputs)
        weight = turned(weight, self.turn)
        self.scale = (weight.abs().amax(1) / LEVELS).clamp_min(1e-12)
        steps = (weight / self.scale[:, None]).round().clamp(-LEVELS, LEVELS).to(torch.int8)
        self.weight = torch.ops.onednn.qlinear_prepack(steps, [ROWS, self.inputs])
        self.bias = None if linear.bias is None else linear.bias.detach().to("cpu", torch.float32)

    def forward(self, x: Tensor) -> Tensor:
        rows = turned(x.reshape(-1, self.inputs).float(), self.turn)
        low, high = torch.aminmax(rows, dim=1, keepdim=True)
        scale = torch.maximum(-low, high).clamp_min_(1e-10) / LEVELS
        # Between 1 and 255: adding a half and cutting rounds.
        bytes = torch.add(rows / scale, MIDDLE + 0.5).to(torch.uint8)
        made: Tensor = torch.ops.onednn.qlinear_pointwise(
            bytes, 1.0, MIDDLE, self.weight, self.scale, self.zeros, None, 1.0, 0, torch.float32, "none", [], ""
        )
        made.mul_(scale)
        if self.bias is not None:
            made.add_(self.bias)
        return made.view(*x.shape[:-1], self.outputs).to(x.dtype)
