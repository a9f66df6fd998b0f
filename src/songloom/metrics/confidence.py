"""Means and shares with their 95 % confidence intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval, over `count` items."""

    value: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]" if self.count else "-"


def share(hits: Sequence[bool]) -> Estimate:
    """The share of True, with Wilson's score interval (Wilson 1927)."""
    count, z = len(hits), 1.959964
    if not count:
        return Estimate(math.nan, math.nan, math.nan, 0)
    p = sum(hits) / count
    centre = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    return Estimate(p, max(0.0, centre - half), min(1.0, centre + half), count)


def mean(values: Sequence[float], *, rounds: int = 2000, seed: int = 0) -> Estimate:
    """The mean, with the percentile bootstrap's interval (Efron 1979), the same for the same values."""
    if not len(values):
        return Estimate(math.nan, math.nan, math.nan, 0)
    array = np.asarray(values, np.float64)
    draws = np.random.default_rng(seed).integers(len(array), size=(rounds, len(array)))
    low, high = np.quantile(array[draws].mean(1), (0.025, 0.975))
    return Estimate(float(array.mean()), float(low), float(high), len(array))


def estimate(values: Sequence[float | bool]) -> Estimate:
    """The share of bools, the mean of numbers."""
    return share([bool(v) for v in values]) if all(isinstance(v, bool) for v in values) else mean(values)
