"""What was tried for products of a few rows, as decoding a token model makes them, on this machine's CPU.

    python benchmarks/few_rows.py --rows 2 --threads 1 --out runs/few_rows.json

Each way multiplies rows by matrices of 4096 x 1024, as many as do not fit into a cache, and each way attends from one
position to others. The time is the processor's for one, the least of several rounds. `layers/matrices.py` uses the
fastest of each precision. An AMD EPYC (Zen 4) with other programs at work, torch 2.13, one thread, in microseconds:

    float32     nn.Linear 3094, stored transposed 2148, MKL's layout 2587, oneDNN's 1511
    bfloat16    nn.Linear 1154, stored transposed 1583, oneDNN's 629
    float16     FBGEMM's, sums in float32: 617 (not used: the same bytes as bfloat16)
    int8        _weight_int8pack_mm 739, oneDNN's qlinear 415, linear_dynamic of oneDNN 406, of FBGEMM 293
    attention   to 125 positions: the kernel 276, in bfloat16 501, three products 292; kept in bfloat16 186, in int8 161
                to 1000: 1334, 3927, 1345; kept in bfloat16 608, in int8 540, both as machine code
"""

from __future__ import annotations

import itertools
import json
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cyclopts
import torch
from machine import machine
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.nn import functional

from songloom.data.manifest import write_atomically
from songloom.layers.low_cache import LONG, LowCache, empty_cache
from songloom.layers.matrices import Precision

OUTPUTS, INPUTS, MATRICES, ROUNDS = 4096, 1024, 10, 12
HEADS, WIDTH = 16, 64
Way = Callable[[Tensor, Tensor], Callable[[], object]]
"""From the rows [r, inputs] and a weight [outputs, inputs], once, to the product."""


def linear(x: Tensor, weight: Tensor) -> Callable[[], object]:
    return lambda: functional.linear(x, weight)


def transposed(x: Tensor, weight: Tensor) -> Callable[[], object]:
    stored = weight.t().contiguous()
    return lambda: torch.mm(x, stored)


def onednn(x: Tensor, weight: Tensor) -> Callable[[], object]:
    stored = torch.ops.mkldnn._reorder_linear_weight(weight, len(x))
    return lambda: torch.ops.mkldnn._linear_pointwise(x, stored, None, "none", [], "")


def mkl(x: Tensor, weight: Tensor) -> Callable[[], object]:
    stored = torch.ops.mkl._mkl_reorder_linear_weight(weight, len(x))
    return lambda: torch.ops.mkl._mkl_linear(x, stored, weight, None, len(x))


def half(x: Tensor, weight: Tensor) -> Callable[[], object]:
    stored = torch.ops.quantized.linear_prepack_fp16(weight, None)
    return lambda: torch.ops.quantized.linear_dynamic_fp16(x, stored)


def in_bytes(x: Tensor, weight: Tensor) -> Callable[[], object]:
    steps, scale = whole(weight)
    return lambda: torch._weight_int8pack_mm(x.bfloat16(), steps, scale.bfloat16())


def dynamic(engine: str) -> Way:
    def way(x: Tensor, weight: Tensor) -> Callable[[], object]:
        steps, scale = whole(weight)
        before, torch.backends.quantized.engine = torch.backends.quantized.engine, engine
        zeros = torch.zeros(len(weight), dtype=torch.int64)
        quantized = torch._make_per_channel_quantized_tensor(steps, scale.double(), zeros, 0)
        stored = torch.ops.quantized.linear_prepack(quantized, None)
        torch.backends.quantized.engine = before
        return lambda: torch.ops.quantized.linear_dynamic(x, stored)

    return way


def onednn_bytes(x: Tensor, weight: Tensor) -> Callable[[], object]:
    steps, scale = whole(weight)
    stored = torch.ops.onednn.qlinear_prepack(steps, list(x.shape))
    zeros, rows = torch.zeros(len(weight), dtype=torch.int32), (x * 30 + 128).to(torch.uint8)
    return lambda: torch.ops.onednn.qlinear_pointwise(
        rows, 1 / 30, 128, stored, scale, zeros, None, 1.0, 0, torch.float32, "none", [], ""
    )


def whole(weight: Tensor) -> tuple[Tensor, Tensor]:
    """The weight in whole steps of its outputs' scales."""
    scale = weight.abs().amax(1) / 127
    return (weight / scale[:, None]).round().to(torch.int8), scale


WAYS: dict[str, tuple[Way, torch.dtype]] = {
    "float32, nn.Linear": (linear, torch.float32),
    "float32, stored transposed": (transposed, torch.float32),
    "float32, MKL's layout": (mkl, torch.float32),
    "float32, oneDNN's layout": (onednn, torch.float32),
    "bfloat16, nn.Linear": (linear, torch.bfloat16),
    "bfloat16, stored transposed": (transposed, torch.bfloat16),
    "bfloat16, oneDNN's layout": (onednn, torch.bfloat16),
    "float16 weights, FBGEMM": (half, torch.float32),
    "int8 weights, _weight_int8pack_mm": (in_bytes, torch.float32),
    "int8, oneDNN's qlinear, scales known": (onednn_bytes, torch.float32),
    "int8, linear_dynamic of oneDNN": (dynamic("onednn"), torch.float32),
    "int8, linear_dynamic of FBGEMM": (dynamic("fbgemm"), torch.float32),
}


def main(*, rows: int = 2, positions: int = 125, threads: int = 1, out: Path | None = None) -> None:
    """Time products of a few rows, and attention of one position.

    Parameters
    ----------
    rows:
        Of each product; both halves of guidance are 2.
    positions:
        That one position attends to.
    threads:
        Of torch.
    out:
        A JSON file for all figures.
    """
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    found: dict[str, float] = {}
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, (way, dtype) in WAYS.items():
            weights = [torch.randn(OUTPUTS, INPUTS, dtype=dtype) * INPUTS**-0.5 for _ in range(MATRICES)]
            x = torch.randn(rows, INPUTS, dtype=dtype)
            try:
                found[name] = least([way(x, weight) for weight in weights])
            except (RuntimeError, AttributeError):  # what this build of torch does not have
                continue
        found |= attention(rows, positions)
    table = Table("way", "microseconds")
    for name, seconds in found.items():
        table.add_row(name, f"{1e6 * seconds:.0f}")
    Console().print(table)
    result: dict[str, Any] = {"machine": machine(), "rows": rows, "positions": positions, "threads": threads}
    if out is not None:
        write_atomically(out, json.dumps(result | {"seconds": found}, indent=1) + "\n")


def attention(rows: int, positions: int) -> dict[str, float]:
    """Of one position to others, in caches that hold more."""
    keys, values = torch.randn(2, MATRICES, rows * HEADS, 12 * positions, WIDTH)
    queries = torch.randn(rows * HEADS, 1, WIDTH)
    pairs = [(key[:, :positions], value[:, :positions]) for key, value in zip(keys, values, strict=True)]
    halves = [(key.bfloat16(), value.bfloat16()) for key, value in pairs]

    def kernel(rows_of: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return functional.scaled_dot_product_attention(
            *(part.unflatten(0, (-1, HEADS)) for part in (rows_of, key, value))
        )

    name, short = f"attention to {positions}", queries.bfloat16()
    found = {
        f"{name}, the kernel": least([partial(kernel, queries, *pair) for pair in pairs]),
        f"{name}, the kernel in bfloat16": least([partial(kernel, short, *pair) for pair in halves]),
        f"{name}, three products": least([partial(products, queries, *pair) for pair in pairs]),
    }
    kinds: tuple[Precision, ...] = ("bfloat16", "int8")
    for precision, places in itertools.product(kinds, sorted({positions, max(positions, LONG)})):
        caches = [opened(precision, places, *pair) for pair in pairs]
        asked = queries.view(rows, HEADS, WIDTH)
        found[f"{name} of {places} places kept in {precision}"] = least(
            [partial(cache.attend, asked, positions) for cache in caches]
        )
    return found


def opened(precision: Precision, places: int, keys: Tensor, values: Tensor) -> LowCache:
    """A cache of so many places that begins with keys and values [N, L, width]."""
    halves = keys.unflatten(0, (-1, HEADS)), values.unflatten(0, (-1, HEADS))
    cache = empty_cache((2, *halves[0].shape[:2], places, WIDTH), precision, keys)
    assert isinstance(cache, LowCache)
    cache.append(*halves)
    return cache


def products(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """[N, 1, width] with keys and values [N, L, width], written out."""
    scores = torch.baddbmm(queries[..., :1], queries, keys.transpose(1, 2), beta=0, alpha=WIDTH**-0.5)
    return torch.bmm(scores.softmax(-1), values)


def least(runs: list[Callable[[], object]]) -> float:
    """Seconds of the processor for one run."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        for run in runs:
            run()
        best = min(best, time.process_time() - started)
    return best / len(runs)


if __name__ == "__main__":
    cyclopts.run(main)
