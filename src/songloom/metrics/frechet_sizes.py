"""Fréchet distances that do not depend on how many clips there are, or that speak of one clip (Gui et al. 2024,
arXiv 2311.01616, "Adapting Fréchet Audio Distance for generative music evaluation")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from songloom.metrics.frechet import distance_to_rows
from songloom.metrics.moments import Moments


@dataclass(frozen=True, slots=True)
class Extrapolated:
    """`value`: the distance that a line over 1 / N reaches at N without end; `slope` of that line; `fit`: the share
    of the distances' variance that it explains, 0..1; `sizes` N and their `distances`."""

    value: float
    slope: float
    fit: float
    sizes: tuple[int, ...]
    distances: tuple[float, ...]


def frechet_infinity(
    reference: Moments, rows: np.ndarray, *, least: int = 500, steps: int = 25, seed: int = 0
) -> Extrapolated:
    """FAD-infinity of embeddings [N, E] against a reference: distances of `steps` random draws (with repetition) of
    `least` to N rows lie near a + b / N; the value is a (equation 2 there). Raises ValueError where N is not above
    `least`, or for fewer than 3 steps."""
    if len(rows) <= least or steps < 3:
        raise ValueError(f"{len(rows)} rows from {least} up in {steps} steps; needs more rows than {least}, 3 steps")
    rng = np.random.default_rng(seed)
    sizes = np.linspace(least, len(rows), steps).astype(int)
    draws = [rows[rng.integers(len(rows), size=size)] for size in sizes]
    distances = np.array([distance_to_rows(reference, draw) for draw in draws])
    return extrapolate(sizes, distances)


def extrapolate(sizes: np.ndarray, distances: np.ndarray) -> Extrapolated:
    """The least-squares line through distances [S] over 1 / sizes [S], at 0."""
    slope, value = np.polyfit(1.0 / sizes, distances, 1)
    left = distances - (value + slope / sizes)
    variance = float(((distances - distances.mean()) ** 2).sum())
    fit = 1.0 - float((left**2).sum()) / variance if variance > 0 else 1.0
    return Extrapolated(float(value), float(slope), fit, tuple(map(int, sizes)), tuple(map(float, distances)))


def frechet_per_clip(reference: Moments, clips: Sequence[np.ndarray]) -> list[float]:
    """The distance of each clip's own rows [n, E] to a reference: high ones are outliers. A clip of fewer than two
    rows, which has no covariance, is NaN."""
    return [distance_to_rows(reference, rows) if len(rows) >= 2 else float("nan") for rows in clips]
