"""Mean and covariance of a set of embeddings, gathered piece by piece: all that a Fréchet distance knows of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, eq=False)
class Moments:
    """`count` rows of width E, their `mean` [E] and `scatter` [E, E], the sum of the products of what is left of the
    rows without their mean; float64. Sums of moments are the moments of all rows (Chan, Golub & LeVeque 1983), so an
    accumulator is `moments += Moments.of(rows)`, in any order and over any number of processes."""

    count: int
    mean: np.ndarray
    scatter: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray) -> Moments:
        """Of rows [N, E], N at least 1. Raises ValueError for other shapes and for what is not finite."""
        if rows.ndim != 2 or not rows.size:
            raise ValueError(f"embeddings are {rows.shape}; needs [N, E] with at least one row")
        exact = np.asarray(rows, np.float64)
        if not np.isfinite(exact).all():
            raise ValueError("embeddings hold values that are not numbers (NaN or infinite)")
        mean = exact.mean(0)
        centred = exact - mean
        return cls(len(exact), mean, centred.T @ centred)

    def __add__(self, other: Moments) -> Moments:
        """Of the rows of both. Raises ValueError for unequal widths."""
        if self.width != other.width:
            raise ValueError(f"widths differ: {self.width} and {other.width}")
        total = self.count + other.count
        shift = other.mean - self.mean
        between = np.outer(shift, shift) * (self.count * other.count / total)
        return Moments(total, self.mean + shift * (other.count / total), self.scatter + other.scatter + between)

    @property
    def width(self) -> int:
        """Width E of the rows."""
        return len(self.mean)

    @property
    def covariance(self) -> np.ndarray:
        """[E, E], unbiased (divided by N - 1)."""
        return self.scatter / (self.count - 1)

    @cached_property
    def root(self) -> np.ndarray:
        """The symmetric root [E, E] of the covariance, by its eigenvectors; what rounding leaves of eigenvalues that
        should be 0 would be large under a root, so it is 0."""
        values, vectors = np.linalg.eigh(self.covariance)
        rounding = self.width * np.finfo(np.float64).eps * max(float(values[-1]), 0.0)
        root: np.ndarray = (vectors * np.sqrt(np.where(values > rounding, values, 0.0))) @ vectors.T
        return root
