"""Convolutions by fewer products: m outputs of an r-tap filter from about 1.4 (m + r) products instead of m r.

Multiplying polynomials by their values at points (Toom-Cook), as a filter: Winograd 1980, "Arithmetic Complexity of
Computations"; Lavin & Gray 2015, "Fast Algorithms for Convolutional Neural Networks" (arXiv 1509.09308). Between
channels a product is a matrix product, so ten outputs of seven taps cost 22 of them instead of 70, for some additions.

The usual points are small real numbers; their powers differ in size, and rounding errors grow 5 to 10 times. Here they
are 0, infinity and the N roots of unity, N = m + r - 3, whose powers are all of size one: a discrete Fourier
transform of N inputs, with one more at either end. Values at a root and at its conjugate are conjugates, and a complex
product is three real ones (Gauss), so a pair of roots costs three. Rounding errors grow 1.4 times only (for noise as
input; less for music), which leaves float32 as exact as directly (4e-7) and makes products of bfloat16 usable.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import torch
from einops import rearrange
from torch import Tensor

OUTPUTS = {2: 3, 7: 10}
"""How many outputs at a time for filters of 2 and of 7 taps."""
AT_ONCE = 64
"""Channels whose taps are transformed at a time."""


@dataclass(frozen=True)
class Scheme:
    """`outputs` m at a time of a filter of `taps` r."""

    outputs: int
    taps: int

    @property
    def inputs(self) -> int:
        return self.outputs + self.taps - 1

    @property
    def products(self) -> int:
        return len(self.matrices[0])

    @cached_property
    def matrices(self) -> tuple[Tensor, Tensor, Tensor]:
        """What makes of m + r - 1 inputs their values [n, m + r - 1], of r taps theirs [n, r], of n products the m
        outputs [m, n]; float64."""
        roots = self.inputs - 2
        rows = [_at_zero(self), *(row for place in range(roots // 2 + 1) for row in _at_root(self, place))]
        of_inputs, of_taps, to_outputs = (torch.stack(each) for each in zip(*rows, _at_infinity(self), strict=True))
        return of_inputs, of_taps, to_outputs.T.contiguous()

    def rows(self, outputs: int, dilation: int) -> int:
        """Rows that `filtered` takes to give at least so many outputs."""
        group = self.outputs * dilation
        return -(-outputs // group) * group + (self.taps - 1) * dilation

    def transformed(self, taps: Tensor, dtype: torch.dtype) -> Tensor:
        """A filter's taps [r, C, C'] -> its values [n, C, C'], from float64 in parts."""
        made = taps.new_empty(self.products, *taps.shape[1:], dtype=dtype)
        for some, into in zip(torch.split(taps, AT_ONCE, 1), torch.split(made, AT_ONCE, 1), strict=True):
            into.copy_(torch.einsum("nr,rio->nio", self.matrices[1].to(taps.device), some.double()))
        return made

    def filtered(
        self, rows: Tensor, values: Tensor, bias: Tensor | None, *, dilation: int, dtype: torch.dtype
    ) -> Tensor:
        """Rows [B, T + (r - 1) * dilation, C] -> sum_k rows[t + k * dilation] @ taps[k] + bias, [B, T, C'] of `dtype`,
        for a filter's values [n, C, C'] of the rows' type; T a multiple of m * dilation."""
        of_inputs, _, to_outputs = (matrix.to(rows) for matrix in self.matrices)
        groups = (rows.shape[1] // dilation - self.taps + 1) // self.outputs
        # Rows of one phase of the dilation lie side by side, so that taps are neighbours whatever the dilation.
        phases = rearrange(rows, "b (t d) c -> b t (d c)", d=dilation)
        last = self.outputs * (groups - 1) + 1
        shifted = torch.stack([phases[:, j : j + last : self.outputs] for j in range(self.inputs)])
        evaluated = torch.mm(of_inputs, shifted.flatten(1))
        products = torch.bmm(evaluated.view(self.products, -1, rows.shape[2]), values)
        made = torch.mm(to_outputs, products.flatten(1))
        made = rearrange(made, "m (b g d c) -> b g m d c", b=len(rows), g=groups, d=dilation)
        whole = rows.new_empty(made.shape, dtype=dtype)
        torch.add(made, 0 if bias is None else bias, out=whole)
        return rearrange(whole, "b g m d c -> b (g m d) c")


Row = tuple[Tensor, Tensor, Tensor]
"""How inputs and taps make one product, and how outputs take it."""


def _at_zero(plan: Scheme) -> Row:
    """The first tap alone, times x[0] - x[N]: what a circle of N inputs lacks at its beginning."""
    inputs = _one(plan.inputs, 0) - _one(plan.inputs, plan.inputs - 2)
    return inputs, _one(plan.taps, 0), _one(plan.outputs, 0)


def _at_infinity(plan: Scheme) -> Row:
    """The last tap alone, times x[N + 1] - x[1]: the same at its end."""
    inputs = _one(plan.inputs, plan.inputs - 1) - _one(plan.inputs, 1)
    return inputs, _one(plan.taps, plan.taps - 1), _one(plan.outputs, plan.outputs - 1)


def _at_root(plan: Scheme, place: int) -> list[Row]:
    """The product at exp(2 pi i place / N), and at its conjugate: three real ones, or one where they are the same."""
    roots = plan.inputs - 2
    x, w, y = (_turns(size, place / roots) for size in (plan.inputs, plan.taps, plan.outputs))
    x[0] = x[-1] = 0
    x, w = x.conj(), w / roots
    if 2 * place % roots == 0:
        return [(x.real, w.real, y.real)]
    # (a + ib)(c + id) = k - n + i (k + l) of k = (a + b) c, l = a (d - c), n = b (c + d).
    return [
        (x.real + x.imag, w.real, 2 * (y.real - y.imag)),
        (x.real, w.imag - w.real, -2 * y.imag),
        (x.imag, w.real + w.imag, -2 * y.real),
    ]


def _one(size: int, place: int) -> Tensor:
    return torch.eye(size, dtype=torch.float64)[place]


def _turns(size: int, turn: float) -> Tensor:
    """exp(2 pi i turn k) for k below `size`."""
    angles = 2 * torch.pi * turn * torch.arange(size, dtype=torch.float64)
    return torch.polar(torch.ones_like(angles), angles)


@cache
def scheme(taps: int) -> Scheme:
    """The scheme for a filter of so many taps, one of `OUTPUTS`."""
    return Scheme(OUTPUTS[taps], taps)
