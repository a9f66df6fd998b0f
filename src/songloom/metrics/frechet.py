"""Fréchet distance between two sets of embeddings, as if each were one Gaussian (FID, arXiv 1706.08500;
FAD, arXiv 1812.08466)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from songloom.metrics.confidence import Estimate
from songloom.metrics.moments import Moments


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """d^2 = |m1 - m2|^2 + tr(C1) + tr(C2) - 2 tr((C1 C2)^(1/2)) of embeddings [N1, E] and [N2, E], in the square of
    their unit. Raises ValueError for fewer than 2 rows, unequal widths or what is not finite."""
    for name, rows in (("first", first), ("second", second)):
        if rows.ndim != 2 or len(rows) < 2:
            raise ValueError(f"the {name} set is {rows.shape}; it needs at least 2 rows [N, E]")
    return distance_of_moments(Moments.of(first), Moments.of(second))


def distance_of_moments(first: Moments, second: Moments) -> float:
    """The distance of two sets by their moments, in float64.

    The trace of the root of C1 C2 is the sum of the singular values of C1^(1/2) C2^(1/2), which needs no root of
    a product that is not symmetric, and where covariances have no full rank, rounding stays rounding (roots of
    eigenvalues that should be 0 would make 1e-8 of 1e-16).
    """
    if first.width != second.width:
        raise ValueError(f"widths differ: {first.width} and {second.width}")
    if min(first.count, second.count) < 2:
        raise ValueError(f"sets of {first.count} and {second.count} rows; each needs at least 2")
    shift = first.mean - second.mean
    overlap = np.linalg.svd(first.root @ second.root, compute_uv=False).sum()
    spread = (np.trace(first.scatter) / (first.count - 1)) + (np.trace(second.scatter) / (second.count - 1))
    return float(shift @ shift + spread - 2.0 * overlap)


def split_distance(
    first: Sequence[np.ndarray], second: Sequence[np.ndarray], *, rounds: int = 30, seed: int = 0
) -> Estimate:
    """Fréchet distance of two sets of clips, each clip's rows [n, E], at equal sizes and without shared clips.

    Each round takes one random half of the places from `first` and the other half from `second`, so that the
    distance of a set to itself is the floor that sampling alone leaves, and copies are not compared with their
    own originals. The value is the mean over rounds, the interval holds 95 % of them. Raises ValueError for
    fewer than 4 clips.
    """
    count = min(len(first), len(second))
    if count < 4:
        raise ValueError(f"{count} clips are too few for halves; give at least 4")
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(rounds):
        order = rng.permutation(count)
        one, two = order[: count // 2], order[count // 2 :]
        values.append(
            frechet_distance(np.concatenate([first[i] for i in one]), np.concatenate([second[i] for i in two]))
        )
    low, high = np.quantile(values, (0.025, 0.975))
    return Estimate(float(np.mean(values)), float(low), float(high), count)


def bootstrapped_distance(
    reference: Moments, clips: Sequence[np.ndarray], *, rounds: int | None = None, seed: int = 0
) -> Estimate:
    """The distance of a set of clips, each clip's rows [n, E], to a reference, with 95 % of what other draws of as
    many clips would give; the reference is taken as it is.

    Clips are drawn with repetition (Efron 1979). Repeated clips make a set look narrower and its distance greater, so
    the spread of the draws is put around the value instead of around their own mean. `rounds` None: as many as about
    half a minute holds, 10 to 100.
    """
    if len(clips) < 2:
        raise ValueError(f"{len(clips)} clips; an interval needs at least 2")
    value = distance_of_moments(reference, Moments.of(np.concatenate(clips)))
    count = max(10, min(100, int(2e10 / reference.width**3))) if rounds is None else rounds
    rng = np.random.default_rng(seed)
    draws = rng.integers(len(clips), size=(count, len(clips)))
    values = np.array(
        [distance_of_moments(reference, Moments.of(np.concatenate([clips[i] for i in draw]))) for draw in draws]
    )
    low, high = np.quantile(values - values.mean(), (0.025, 0.975))
    return Estimate(value, value + float(low), value + float(high), len(clips))
