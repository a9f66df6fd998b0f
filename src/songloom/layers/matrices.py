"""Weight matrices laid out for products with a few rows: exact, in bfloat16, or in 8-bit whole numbers.

Such products are bound by reading the weights. On a CPU oneDNN's own layout reads them nearly twice as fast as
`nn.Linear`, in bfloat16 half as many bytes, and FBGEMM's products of bytes a quarter (weights with a scale for each
output, activations rounded as they come, sums exact). `benchmarks/musicgen_speed.py` keeps what else was tried.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom.loading import on_disk, paged, sweep

Precision = Literal["float32", "bfloat16", "int8"]
Product = Callable[[Tensor], Tensor]
"""[rows, inputs] -> [rows, outputs], float32 in and out."""
Products = Mapping[Precision, Callable[[Tensor, Tensor | None], Product]]
"""Of a weight and a bias, in each precision."""
BYTES: dict[Precision, int] = {"float32": 4, "bfloat16": 2, "int8": 1}
"""Of a number in each."""
LEVELS = 127
AT_ONCE = 128
"""Rows that are rounded at a time, so that a matrix is never there twice in float32."""
ROWS = 2
"""What oneDNN's layout is made for: both halves of guidance; others work too."""


def product(weight: Tensor, precision: Precision, bias: Tensor | None = None) -> Product:
    """x -> x @ weight.T + bias for a linear layer's `weight` [outputs, inputs] and `bias` [outputs]."""
    return PRODUCTS[precision](weight, bias)


def apart(functions: Sequence[Product]) -> Product:
    """Each function on its share of the rows [rows, ...], all of one size, one above the other again."""
    if len(functions) == 1:
        return functions[0]
    return lambda x: torch.cat([each(rows) for each, rows in zip(functions, x.chunk(len(functions)), strict=True)])


def by_pieces(whole: Product, precision: Precision | None, *, rows: int, pieces: int) -> Product:
    """A product that gives each piece's `rows` what they get alone, on a CPU. Bytes have one scale for all rows that
    they see, a single row has kernels of its own, and what is not packed (None) may add up in any order: these are
    made for each piece, from weights that the caches still hold."""
    alike = precision in ("float32", "bfloat16") and rows > 1
    return whole if alike else apart([whole] * pieces)


class Packed(nn.Module):
    """Stands in for a linear layer where no gradients are wanted: [..., inputs] -> [..., outputs]. Its weights are no
    parameters any more, so that the layer's own can be forgotten."""

    def __init__(self, linear: nn.Linear, precision: Precision, products: Products | None = None) -> None:
        super().__init__()
        self.precision = precision
        self.nbytes = BYTES[precision] * linear.weight.numel()
        self.product = (products or PRODUCTS)[precision](linear.weight, linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim == 2:
            return self.product(x)
        return self.product(x.flatten(0, -2)).view(*x.shape[:-1], -1)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Packed:
        raise ValueError(f"weights packed in {self.precision} stay where and what they are; move the model before")

    def _save_to_state_dict(self, destination: object, prefix: str, keep_vars: bool) -> None:
        raise ValueError(f"{prefix[:-1]} is packed in {self.precision} for use alone; load the model anew to save it")


def precision_of(layer: nn.Module) -> Precision:
    """What a linear layer is packed in; float32 where it is not."""
    return layer.precision if isinstance(layer, Packed) else "float32"


def pack_linears(
    module: nn.Module, precision: Precision, *, products: Products | None = None, but: tuple[str, ...] = ()
) -> None:
    """Puts a `Packed` in the place of every linear layer inside `module` whose own name is not in `but`, one after the
    other, so that no more than one matrix is ever there twice. `products` for few rows unless others are given."""
    layers = {name: layer.weight for name, layer in module.named_modules() if isinstance(layer, nn.Linear)}
    # What is in memory before what is on the disk, and the largest first: what packing one leaves free then holds what
    # packing the next needs.
    order = sorted(layers, key=lambda name: (on_disk(layers[name]) is not None, -layers[name].numel()))
    layers.clear()
    for name in order:
        if name.rpartition(".")[2] in but:
            continue
        layer = module.get_submodule(name)
        assert isinstance(layer, nn.Linear)
        module.set_submodule(name, Packed(layer, precision, products))
    sweep()


class Float32Product:
    """Exact, but for the order of sums."""

    def __init__(self, weight: Tensor, bias: Tensor | None = None, rows: int = ROWS) -> None:
        self.matrix = laid_out(weight.detach().float(), rows)
        self.bias = None if bias is None else bias.detach().float()

    def __call__(self, x: Tensor) -> Tensor:
        return self.matrix(x, self.bias)


class Bfloat16Product:
    """Weights and activations in bfloat16, sums in float32."""

    def __init__(self, weight: Tensor, bias: Tensor | None = None, rows: int = ROWS) -> None:
        self.matrix = laid_out(paged(weight.shape, torch.bfloat16, weight.device).copy_(weight.detach()), rows)
        self.bias = None if bias is None else bias.detach().bfloat16()

    def __call__(self, x: Tensor) -> Tensor:
        return self.matrix(x.bfloat16(), self.bias).float()


class Int8Product:
    """Weights as whole numbers -127..127 with one scale per output; activations as bytes with one scale for all rows,
    or in bfloat16 where this torch has no products of bytes."""

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        weight = weight.detach().float()
        scale = (torch.linalg.vector_norm(weight, torch.inf, dim=1) / LEVELS).clamp_min(1e-12)
        self.dynamic = _has_bytes() and weight.device.type == "cpu"
        if not self.dynamic:
            # Rounded with the scale that is really used, so that its own rounding adds no error.
            self.scale = scale.bfloat16()
            self.weight = in_steps(weight, self.scale.float()).contiguous()
            self.bias = None if bias is None else bias.detach().float()
            return
        # On processors without dot products of bytes sums of two products must fit into 16 bits.
        self.reduced = not torch.cpu._is_vnni_supported()
        zeros = torch.zeros(len(weight), dtype=torch.int64)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that such tensors may go one day: then `dynamic` is False
            stored = torch._make_per_channel_quantized_tensor(in_steps(weight, scale), scale.double(), zeros, 0)
        self.packed = torch.ops.quantized.linear_prepack(stored, None if bias is None else bias.detach().float())

    def __call__(self, x: Tensor) -> Tensor:
        if self.dynamic:
            return torch.ops.quantized.linear_dynamic(x, self.packed, self.reduced)
        made = torch._weight_int8pack_mm(x.bfloat16(), self.weight, self.scale).float()
        return made if self.bias is None else made + self.bias


PRODUCTS: dict[Precision, Callable[[Tensor, Tensor | None], Product]] = {
    "float32": Float32Product,
    "bfloat16": Bfloat16Product,
    "int8": Int8Product,
}


def _has_bytes() -> bool:
    """Whether this build of torch has products of bytes (FBGEMM's)."""
    made = hasattr(torch, "_make_per_channel_quantized_tensor") and hasattr(torch.ops.quantized, "linear_dynamic")
    return made and "fbgemm" in torch.backends.quantized.supported_engines


def in_steps(weight: Tensor, scale: Tensor) -> Tensor:
    """The weight [outputs, inputs] in steps of its outputs' scales."""
    made = paged(weight.shape, torch.int8, weight.device)
    for rows, steps, into in zip(*(torch.split(part, AT_ONCE) for part in (weight, scale[:, None], made)), strict=True):
        into.copy_((rows / steps).round_().clamp_(-LEVELS, LEVELS))
    return made


def laid_out(weight: Tensor, rows: int) -> Callable[[Tensor, Tensor | None], Tensor]:
    """Products with a weight, in oneDNN's layout where there is one for its kind of number."""
    known = weight.device.type == "cpu" and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    if not known or (weight.dtype == torch.bfloat16 and not torch.ops.mkldnn._is_mkldnn_bf16_supported()):
        return lambda x, bias: functional.linear(x, weight, bias)
    packed = torch.ops.mkldnn._reorder_linear_weight(weight, rows)
    multiply = torch.ops.mkldnn._linear_pointwise
    return lambda x, bias: multiply(x, packed, bias, "none", [], "")
