"""Convolutions by fewer products: m outputs of an r-tap filter from m + r - 1 products instead of m r.

Toom-Cook's way of multiplying polynomials, as a filter: Winograd 1980, "Arithmetic Complexity of Computations";
Lavin & Gray 2015, "Fast Algorithms for Convolutional Neural Networks" (arXiv 1509.09308). Between channels a product
is a matrix product, so four outputs of seven taps cost 10 of them instead of 28, for some additions. In exact
arithmetic the result is the same; in float32 it is off by 2e-6 of its size (directly: 3e-7), with points that come in
pairs p, -p and 1/p (Barabasz et al. 2018, arXiv 1803.10986, on how points decide the error).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from math import prod

import torch
from einops import rearrange
from torch import Tensor

Matrix = list[list[Fraction]]
TAPS = {2: "0 1 -1 -1/2", 7: "0 4/5 -4/5 5/4 -5/4 2/5 -2/5 5/2 -5/2"}
"""Points for filters of 2 and of 7 taps."""


@dataclass(frozen=True)
class Scheme:
    """`outputs` m at a time of a filter of `taps` r, evaluated at m + r - 2 `points` and at infinity."""

    outputs: int
    taps: int
    points: tuple[Fraction, ...]

    @property
    def products(self) -> int:
        return self.outputs + self.taps - 1

    @cached_property
    def matrices(self) -> tuple[Tensor, Tensor, Tensor]:
        """What makes of m + r - 1 inputs their values [n, n], of r taps theirs [n, r], of n products the m outputs
        [m, n]; float64. The values of inputs are scaled by powers of two so that all are of about one size."""
        finite = range(self.products - 1)
        others = [[self.points[j] for j in finite if j != i] for i in finite]
        inputs = [[*polynomial(points), Fraction(0)] for points in others] + [polynomial(list(self.points))]
        taps = [
            [p**k / prod(p - q for q in rest) for k in range(self.taps)]
            for p, rest in zip(self.points, others, strict=True)
        ]
        taps.append([Fraction(k == self.taps - 1) for k in range(self.taps)])
        outputs = [[*(p**k for p in self.points), Fraction(k == self.outputs - 1)] for k in range(self.outputs)]
        of_inputs, of_taps, to_outputs = (as_tensor(matrix) for matrix in (inputs, taps, outputs))
        size = torch.exp2(of_inputs.norm(dim=1, keepdim=True).log2().round())
        return of_inputs / size, of_taps * size, to_outputs

    def rows(self, outputs: int, dilation: int) -> int:
        """Rows that `filtered` takes to give at least so many outputs."""
        group = self.outputs * dilation
        return -(-outputs // group) * group + (self.taps - 1) * dilation

    def transformed(self, taps: Tensor) -> Tensor:
        """A filter's taps [r, C, C'] -> its values [n, C, C']."""
        made = torch.einsum("nr,rio->nio", self.matrices[1].to(taps.device), taps.double())
        return made.to(taps.dtype)

    def filtered(self, rows: Tensor, values: Tensor, bias: Tensor | None, *, dilation: int = 1) -> Tensor:
        """Rows [B, T + (r - 1) * dilation, C] -> sum_k rows[t + k * dilation] @ taps[k] + bias, [B, T, C'], for a
        filter's values [n, C, C']; T a multiple of m * dilation."""
        of_inputs, _, to_outputs = (matrix.to(rows) for matrix in self.matrices)
        groups = (rows.shape[1] // dilation - self.taps + 1) // self.outputs
        # Rows of one phase of the dilation lie side by side, so that taps are neighbours whatever the dilation.
        phases = rearrange(rows, "b (t d) c -> b t (d c)", d=dilation)
        last = self.outputs * (groups - 1) + 1
        shifted = torch.stack([phases[:, j : j + last : self.outputs] for j in range(self.products)])
        evaluated = torch.mm(of_inputs, shifted.flatten(1))
        products = torch.bmm(evaluated.view(self.products, -1, rows.shape[2]), values)
        made = torch.mm(to_outputs, products.flatten(1))
        made = rearrange(made, "m (b g d c) -> b g m d c", b=len(rows), g=groups, d=dilation)
        whole = rows.new_empty(made.shape)
        torch.add(made, 0 if bias is None else bias, out=whole)
        return rearrange(whole, "b g m d c -> b (g m d) c")


def polynomial(roots: list[Fraction]) -> list[Fraction]:
    """Coefficients, lowest first, of the product of (x - root)."""
    coefficients = [Fraction(1)]
    for root in roots:
        risen, fallen = [Fraction(0), *coefficients], [*coefficients, Fraction(0)]
        coefficients = [a - root * b for a, b in zip(risen, fallen, strict=True)]
    return coefficients


def as_tensor(matrix: Matrix) -> Tensor:
    return torch.tensor([[float(value) for value in row] for row in matrix], dtype=torch.float64)


@cache
def scheme(taps: int) -> Scheme:
    """The scheme for a filter of so many `TAPS`, four outputs at a time."""
    return Scheme(4, taps, tuple(Fraction(point) for point in TAPS[taps].split()))
