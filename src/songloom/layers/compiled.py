"""Passes over frames as machine code: what products of matrices leave to do, each number read and written once.

A snake in tensor operations is ten passes, an ELU five, the transforms of ten outputs of seven taps
(`minimal_filtering`) are four copies and two products of narrow matrices: together two fifths of a codec's time. Numba
compiles the loops below when they are first used and keeps the result on the disk, where a loop is known by this one
file. A snake before or after a transform is a part of it, and so is rounding to bfloat16: rows of either type come and
go. The transforms for seven taps are real Fourier transforms of 14 by two of 7 (Good 1958, "The interaction algorithm
and practical Fourier analysis"), those for two taps a few sums; whatever type products have, sums here are float32, so
that products of bfloat16 round three times instead of five. Each thread does a part of the rows, `part` of `parts`,
with the same result for any number of parts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from songloom.layers.bend import SQUARED_SINE, Bend
from songloom.layers.team import together

Array = NDArray[Any]
Kernel = TypeVar("Kernel", bound=Callable[..., Any])
LENIENT = {"contract", "reassoc", "nsz", "arcp"}
"""Sums in any order; numbers that are none stay none."""
AT_ONCE = 64
"""Channels that are transformed at a time: 16 inputs and 22 values of each lie in the first cache."""
SERIES = np.array(SQUARED_SINE, np.float32)
POWERS = np.array(
    [1.53533620e-4, 1.33988747e-3, 9.61843736e-3, 5.55033247e-2, 2.40226479e-1, 6.93147203e-1], np.float32
)
"""(2^f - 1) / f as a polynomial of f, highest power first, to 2e-9 of 2^f for |f| to 1/2."""
STEEP = np.float32(math.log2(math.e))
SOME = 2048
"""Numbers of rows that are added at a time."""
C1, C2, C3 = (np.float32(math.cos(2 * math.pi * k / 7)) for k in (1, 2, 3))
S1, S2, S3 = (np.float32(math.sin(2 * math.pi * k / 7)) for k in (1, 2, 3))
HALF, BIT, SIXTEEN = np.uint32(0x7FFF), np.uint32(1), np.uint32(16)


def snake(frames: Tensor, bend: Bend) -> Tensor:
    """The snake of frames [B, C, T], time-major as it gives them."""
    rows = frames.transpose(1, 2).contiguous()
    made = torch.empty_like(rows)
    together(_snake, array(rows.flatten(0, 1)), _shape(bend), SERIES, array(made.flatten(0, 1)), numbers=made.numel())
    return made.transpose(1, 2)


def windows(rows: Tensor, bend: Bend | None, *, front: int, hop: int, count: int, dtype: torch.dtype) -> Tensor:
    """The snake of rows [B, T, C] after `front` zeros, as `count` windows of two hops, one hop apart: [B, count,
    2 * hop * C] of `dtype`. What lies beyond the rows is zero."""
    made = rows.new_empty(len(rows), count, 2 * hop, rows.shape[2], dtype=dtype)
    together(_windows, array(rows.contiguous()), front, hop, _shape(bend), SERIES, array(made), numbers=made.numel())
    return made.flatten(2)


def added(rows: Tensor, others: Tensor) -> Tensor:
    """The sum of rows [B, T, C] of either type, float32."""
    made = torch.empty_like(rows, dtype=torch.float32, memory_format=torch.contiguous_format)
    parts = (array(each.contiguous().flatten()) for each in (rows, others, made))
    together(_added, *parts, numbers=made.numel())
    return made


def elu(rows: Tensor, out: Tensor) -> None:
    """ELU of float32 rows [B, T, C], written to `out`, which may be the rows; each item of either in one piece."""
    for given, into in zip(rows.contiguous(), out, strict=True):
        together(_elu, array(given.flatten()), POWERS, array(into.flatten()), numbers=given.numel())


def filtered(
    rows: Tensor,
    values: Tensor,
    bias: Tensor | None,
    *,
    front: int,
    frames: int,
    hop: int = 1,
    dilation: int = 1,
    before: Bend | None = None,
    after: Bend | None = None,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Rows [B, T, C], or their snake `before`, after `front` zeros, `hop` of them beside each other, filtered by the
    values [n, hop * C, C'] of seven taps or of two: [B, frames, C'], or their snake `after`, of `dtype`. What lies
    beyond the rows is zero."""
    outputs = 10 if len(values) == 22 else 3
    items, groups = len(rows), -(-frames // (outputs * dilation))
    evaluated = rows.new_empty(len(values), items * groups * dilation, values.shape[1], dtype=values.dtype)
    given = array(rows.contiguous()), front, hop, dilation, _shape(before), SERIES, array(evaluated)
    together(_evaluate, *given, numbers=evaluated.numel())
    products = torch.bmm(evaluated, values)
    made = rows.new_empty(items, frames, values.shape[2], dtype=dtype)
    shift = made.new_zeros(made.shape[2], dtype=torch.float32) if bias is None else bias
    taken = array(products), array(shift), dilation, _shape(after), SERIES, array(made)
    together(_outputs, *taken, numbers=products.numel())
    return made


def _shape(bend: Bend | None) -> Array:
    """Turns and height of each channel [2, C]; [2, 0] for none."""
    return array(torch.empty(2, 0) if bend is None else bend.shape)


def array(tensor: Tensor) -> Array:
    """The tensor's own memory; bfloat16 as whole numbers of 16 bits."""
    plain = tensor.detach()
    return (plain.view(torch.uint16) if plain.dtype == torch.bfloat16 else plain).numpy()


def kernel(function: Kernel) -> Kernel:
    """The function, compiled at its first call for types like those of its arguments."""
    options: dict[str, Any] = {"nogil": True, "fastmath": LENIENT, "error_model": "numpy"}
    try:
        compiled: Kernel = numba.njit(function, cache=True, **options)
    except RuntimeError:  # no folder for it may be written: every process compiles anew, for some seconds
        compiled = numba.njit(function, **options)
    return compiled


def _part(function: Kernel) -> Kernel:
    """A part of kernels, written into each, where the sizes of its arrays are known."""
    compiled: Kernel = numba.njit(function, inline="always")
    return compiled


@_part
def get(row: Array, into: Array) -> None:
    """A row of either type as float32; numbers of bfloat16 are the upper halves of float32's."""
    for c in range(row.shape[0]):
        into[c] = np.uint32(np.uint32(row[c]) << SIXTEEN).view(np.float32) if row.itemsize == 2 else row[c]


@_part
def _put(row: Array, into: Array) -> None:
    """A row of float32 as either type, to the nearest, at the middle to the even one."""
    for c in range(into.shape[0]):
        if into.itemsize == 2:
            bits = np.float32(row[c]).view(np.uint32)
            into[c] = (bits + (HALF + ((bits >> SIXTEEN) & BIT))) >> SIXTEEN
        else:
            into[c] = row[c]


@_part
def _curve(row: Array, turns: Array, height: Array, series: Array) -> None:
    """A row of float32 becomes its snake."""
    p4, p3, p2, p1, p0 = series[0], series[1], series[2], series[3], series[4]
    for c in range(turns.shape[0]):
        x = row[c]
        turn = x * turns[c]
        turn -= np.rint(turn)
        square = turn * turn
        row[c] = x + height[c] * square * (p0 + square * (p1 + square * (p2 + square * (p3 + square * p4))))


@kernel
def _snake(part: int, parts: int, rows: Array, bend: Array, series: Array, made: Array) -> None:
    """Rows [N, C] -> [N, C]."""
    row = np.empty(rows.shape[1], np.float32)
    for place in range(part * len(rows) // parts, (part + 1) * len(rows) // parts):
        get(rows[place], row)
        _curve(row, bend[0], bend[1], series)
        _put(row, made[place])


@kernel
def _windows(part: int, parts: int, rows: Array, front: int, hop: int, bend: Array, series: Array, made: Array) -> None:
    """Rows [B, T, C] -> windows [B, count, 2 * hop, C]."""
    row, length = np.empty(rows.shape[2], np.float32), (made.shape[1] + 1) * hop
    for place in range(part * rows.shape[0] * length // parts, (part + 1) * rows.shape[0] * length // parts):
        item, position = divmod(place, length)
        window, k = divmod(position, hop)
        if 0 <= position - front < rows.shape[1]:
            get(rows[item, position - front], row)
            _curve(row, bend[0], bend[1], series)
        else:
            row[:] = 0
        if window < made.shape[1]:
            _put(row, made[item, window, k])
        if window > 0:  # the second half of the window before
            _put(row, made[item, window - 1, k + hop])


@kernel
def _added(part: int, parts: int, rows: Array, others: Array, made: Array) -> None:
    """Numbers [N] twice -> [N]."""
    one, other = np.empty(SOME, np.float32), np.empty(SOME, np.float32)
    for begin in range(part * SOME, made.shape[0], parts * SOME):
        get(rows[begin : begin + SOME], one)
        get(others[begin : begin + SOME], other)
        into = made[begin : begin + SOME]
        for c in range(into.shape[0]):
            into[c] = one[c] + other[c]


@kernel
def _elu(part: int, parts: int, numbers: Array, series: Array, made: Array) -> None:
    """Numbers [N] -> [N]: the larger of x and 2^y - 1, y = min(0, x / ln 2) a whole number and a rest."""
    p5, p4, p3, p2, p1, p0 = series[0], series[1], series[2], series[3], series[4], series[5]
    one, none, least, bias, place = np.float32(1), np.float32(0), np.float32(-126), np.int32(127), np.int32(23)
    row = np.empty(SOME, np.float32)  # `made` may be `numbers`
    for begin in range(part * SOME, made.shape[0], parts * SOME):
        into = made[begin : begin + SOME]
        get(numbers[begin : begin + SOME], row)
        for c in range(into.shape[0]):
            x = row[c]
            y = max(min(x, none) * STEEP, least)
            whole = np.rint(y)
            f = y - whole
            power = np.int32((np.int32(whole) + bias) << place).view(np.float32)
            rest = f * (p0 + f * (p1 + f * (p2 + f * (p3 + f * (p4 + f * p5)))))
            into[c] = max(x, (one + rest) * power - one)


@_part
def _spectrum(x0: Any, x1: Any, x2: Any, x3: Any, x4: Any, x5: Any, x6: Any) -> Any:
    """sum_j x[j] exp(-2 pi i q j / 7): real parts for q of 0 to 3, imaginary ones for 1 to 3."""
    a, b, c, d, e, f = x1 + x6, x2 + x5, x3 + x4, x6 - x1, x5 - x2, x4 - x3
    return (
        x0 + a + b + c,
        x0 + C1 * a + C2 * b + C3 * c,
        x0 + C2 * a + C3 * b + C1 * c,
        x0 + C3 * a + C1 * b + C2 * c,
        S1 * d + S2 * e + S3 * f,
        S2 * d - S3 * e - S1 * f,
        S3 * d - S1 * e + S2 * f,
    )


@_part
def _waves(r0: Any, r1: Any, r2: Any, r3: Any, i1: Any, i2: Any, i3: Any) -> Any:
    """r[0] + 2 Re sum_q (r[q] + i i[q]) exp(2 pi i q t / 7) for t of 0 to 6."""
    a, b, c, d, e, f = r1 + r1, r2 + r2, r3 + r3, i1 + i1, i2 + i2, i3 + i3
    even1, even2, even3 = r0 + C1 * a + C2 * b + C3 * c, r0 + C2 * a + C3 * b + C1 * c, r0 + C3 * a + C1 * b + C2 * c
    odd1, odd2, odd3 = S1 * d + S2 * e + S3 * f, S2 * d - S3 * e - S1 * f, S3 * d - S1 * e + S2 * f
    return r0 + a + b + c, even1 - odd1, even2 - odd2, even3 - odd3, even3 + odd3, even2 + odd2, even1 + odd1


@_part
def _values(x: Array, y: Array) -> None:
    """16 inputs [16, C] -> their 22 values [22, C] in the order of `Scheme.matrices`."""
    for c in range(AT_ONCE):
        # Inputs 1 to 14 are a circle of 14: sums of opposite ones make even places, differences odd ones.
        a0, a1, a2, a3, a4, a5, a6 = x[14, c], x[1, c], x[2, c], x[3, c], x[4, c], x[5, c], x[6, c]
        b0, b1, b2, b3, b4, b5, b6 = x[7, c], x[8, c], x[9, c], x[10, c], x[11, c], x[12, c], x[13, c]
        r0, r2, r4, r6, i2, i4, i6 = _spectrum(a0 + b0, a1 + b1, a2 + b2, a3 + b3, a4 + b4, a5 + b5, a6 + b6)
        r7, r5, r3, r1, j5, j3, j1 = _spectrum(a0 - b0, b1 - a1, a2 - b2, b3 - a3, a4 - b4, b5 - a5, a6 - b6)
        y[0, c], y[1, c], y[20, c], y[21, c] = x[0, c] - a0, r0, r7, x[15, c] - a1
        y[2, c], y[3, c], y[4, c] = r1 - j1, r1, -j1
        y[5, c], y[6, c], y[7, c] = r2 + i2, r2, i2
        y[8, c], y[9, c], y[10, c] = r3 - j3, r3, -j3
        y[11, c], y[12, c], y[13, c] = r4 + i4, r4, i4
        y[14, c], y[15, c], y[16, c] = r5 - j5, r5, -j5
        y[17, c], y[18, c], y[19, c] = r6 + i6, r6, i6


@_part
def _sums(y: Array, x: Array) -> None:
    """22 products [22, C] -> 10 outputs [10, C]."""
    for c in range(AT_ONCE):
        k1, k2, k3, k4, k5, k6 = y[2, c], y[5, c], y[8, c], y[11, c], y[14, c], y[17, c]
        a0, a1, a2, a3, a4, a5, a6 = _waves(
            y[1, c], k2 - y[7, c], k4 - y[13, c], k6 - y[19, c], k2 + y[6, c], k4 + y[12, c], k6 + y[18, c]
        )
        b0, b1, b2, b3, b4, b5, b6 = _waves(
            y[20, c], k5 - y[16, c], k3 - y[10, c], k1 - y[4, c], -k5 - y[15, c], -k3 - y[9, c], -k1 - y[3, c]
        )
        x[0, c], x[1, c], x[2, c], x[3, c], x[4, c] = a0 + b0 + y[0, c], a1 - b1, a2 + b2, a3 - b3, a4 + b4
        x[5, c], x[6, c], x[7, c], x[8, c], x[9, c] = a5 - b5, a6 + b6, a0 - b0, a1 + b1, a2 - b2 + y[21, c]


@_part
def _two_values(x: Array, y: Array) -> None:
    """4 inputs [4, C] of two taps -> their 4 values."""
    for c in range(AT_ONCE):
        y[0, c], y[1, c], y[2, c], y[3, c] = x[0, c] - x[2, c], x[2, c] + x[1, c], x[2, c] - x[1, c], x[3, c] - x[1, c]


@_part
def _two_sums(y: Array, x: Array) -> None:
    """4 products [4, C] of two taps -> 3 outputs."""
    for c in range(AT_ONCE):
        even, odd = y[1, c] + y[2, c], y[1, c] - y[2, c]
        x[0, c], x[1, c], x[2, c] = even + y[0, c], odd, even + y[3, c]


@kernel
def _evaluate(
    part: int, parts: int, rows: Array, front: int, hop: int, dilation: int, bend: Array, series: Array, made: Array
) -> None:
    """Rows [B, T, C] -> values [n, B * groups * dilation, hop * C]. Taps of one phase of a dilation are neighbours."""
    two, width = made.shape[0] == 4, rows.shape[2]
    outputs, inputs = (3, 4) if two else (10, 16)
    x, y = np.zeros((16, AT_ONCE), np.float32), np.empty((22, AT_ONCE), np.float32)
    for place in range(part * made.shape[1] // parts, (part + 1) * made.shape[1] // parts):
        group, phase = divmod(place, dilation)
        item, group = divmod(group, made.shape[1] // (dilation * rows.shape[0]))
        for k in range(hop):
            for begin in range(0, width, AT_ONCE):
                end = min(begin + AT_ONCE, width)
                for j in range(inputs):
                    row = ((outputs * group + j) * dilation + phase) * hop + k - front
                    if 0 <= row < rows.shape[1]:
                        get(rows[item, row, begin:end], x[j])
                        _curve(x[j], bend[0, begin:end], bend[1, begin:end], series)
                    else:
                        x[j] = 0
                if two:
                    _two_values(x, y)
                else:
                    _values(x, y)
                for n in range(made.shape[0]):
                    _put(y[n], made[n, place, k * width + begin : k * width + end])


@kernel
def _outputs(
    part: int, parts: int, products: Array, bias: Array, dilation: int, bend: Array, series: Array, made: Array
) -> None:
    """Products [n, B * groups * dilation, C] -> rows [B, T, C]."""
    two = products.shape[0] == 4
    outputs = 3 if two else 10
    y, x = np.zeros((22, AT_ONCE), np.float32), np.empty((10, AT_ONCE), np.float32)
    for place in range(part * products.shape[1] // parts, (part + 1) * products.shape[1] // parts):
        group, phase = divmod(place, dilation)
        item, group = divmod(group, products.shape[1] // (dilation * made.shape[0]))
        for begin in range(0, made.shape[2], AT_ONCE):
            end = min(begin + AT_ONCE, made.shape[2])
            added = bias[begin:end]
            for n in range(products.shape[0]):
                get(products[n, place, begin:end], y[n])
            if two:
                _two_sums(y, x)
            else:
                _sums(y, x)
            for m in range(outputs):
                row = (outputs * group + m) * dilation + phase
                if row < made.shape[1]:
                    for c in range(added.shape[0]):
                        x[m, c] += added[c]
                    _curve(x[m], bend[0, begin:end], bend[1, begin:end], series)
                    _put(x[m], made[item, row, begin:end])
