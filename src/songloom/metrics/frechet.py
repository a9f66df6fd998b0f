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
    """The distance of two sets by their moments, in float64. Raises ValueError as `frechet_distance`.

    The trace of the root of C1 C2 is the sum of the singular values of C1^(1/2) C2^(1/2), which needs no root of
    a product that is not symmetric, and where covariances have no full rank, rounding stays rounding (roots of
    eigenvalues that should be 0 would make 1e-8 of 1e-16).
    """
    _check(first, second.width, second.count)
    return _distance(first, second.mean, second.scatter.trace() / (second.count - 1), second.root)


def distance_to_rows(first: Moments, rows: np.ndarray) -> float:
    """The distance of a set by its moments to rows [n, E], as `distance_of_moments` of theirs. Fewer rows than
    dimensions need no covariance: the singular values of C1^(1/2) X^T, X the rows without their mean over
    (n - 1)^(1/2), are the same."""
    _check(first, rows.shape[1], len(rows))
    if len(rows) > first.width:
        return distance_of_moments(first, Moments.of(rows))
    mean = rows.mean(0, dtype=np.float64)
    spread = (rows - mean) / np.sqrt(len(rows) - 1)
    return _distance(first, mean, (spread**2).sum(), spread.T)


def _check(first: Moments, width: int, count: int) -> None:
    if first.width != width:
        raise ValueError(f"widths differ: {first.width} and {width}")
    if min(first.count, count) < 2:
        raise ValueError(f"sets of {first.count} and {count} rows; each needs at least 2")


def _distance(first: Moments, mean: np.ndarray, trace: float, factor: np.ndarray) -> float:
    """The distance to a set of this mean [E] whose covariance is factor [E, r] times its transpose."""
    shift = first.mean - mean
    overlap = np.linalg.svd(first.root @ factor, compute_uv=False).sum()
    return float(shift @ shift + first.scatter.trace() / (first.count - 1) + trace - 2.0 * overlap)


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
    rows = np.concatenate(clips)
    value = distance_to_rows(reference, rows)
    cost = reference.width**2 * min(reference.width, len(rows))
    count = max(10, min(100, int(2e10 / cost))) if rounds is None else rounds
    draws = np.random.default_rng(seed).integers(len(clips), size=(count, len(clips)))
    values = np.array([distance_to_rows(reference, np.concatenate([clips[i] for i in draw])) for draw in draws])
    low, high = np.quantile(values - values.mean(), (0.025, 0.975))
    return Estimate(value, value + float(low), value + float(high), len(clips))
