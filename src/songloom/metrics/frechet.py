"""Fréchet distance between two sets of embeddings, as if each were one Gaussian (FID, arXiv 1706.08500;
FAD, arXiv 1812.08466)."""

from __future__ import annotations

import numpy as np


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
