"""Fréchet distance between two sets of embeddings, as if each were one Gaussian (FID, arXiv 1706.08500;
FAD, arXiv 1812.08466)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from songloom.metrics.confidence import Estimate


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """d^2 = |m1 - m2|^2 + tr(C1) + tr(C2) - 2 tr((C1 C2)^(1/2)) of embeddings [N1, E] and [N2, E].

    Covariances are unbiased (N - 1). The trace of the root is the sum of the roots of the eigenvalues of
    C1^(1/2) C2 C1^(1/2), which are real. Raises ValueError for fewer than 2 rows or unequal widths.
    """
    for name, rows in (("first", first), ("second", second)):
        if rows.ndim != 2 or len(rows) < 2:
            raise ValueError(f"the {name} set is {rows.shape}; it needs at least 2 rows [N, E]")
    if first.shape[1] != second.shape[1]:
        raise ValueError(f"widths differ: {first.shape[1]} and {second.shape[1]}")
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    shift = a.mean(0) - b.mean(0)
    one, two = np.cov(a, rowvar=False).reshape(a.shape[1], -1), np.cov(b, rowvar=False).reshape(b.shape[1], -1)
    values, vectors = np.linalg.eigh(one)
    root = (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T
    middle = np.clip(np.linalg.eigvalsh(root @ two @ root), 0.0, None)
    return float(shift @ shift + np.trace(one) + np.trace(two) - 2.0 * np.sqrt(middle).sum())


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
