"""Kernel audio distance: the squared maximum mean discrepancy of two sets of embeddings, without bias
(KAD, Chung et al. 2025, arXiv 2502.15602; MMD, Gretton et al. 2012, lemma 6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from songloom.metrics.confidence import Estimate

SCALE = 100.0
"""Distances are given a hundredfold, as the paper does."""
MOST_ROWS = 8192
"""Of a set whose median distance is looked for; of a larger one this many are taken, evenly spaced."""
BLOCK = 1024


def median_distance(rows: np.ndarray) -> float:
    """The median Euclidean distance between two different rows of [N, E]. Raises ValueError for fewer than 2 rows, or
    where at least half of the distances are 0."""
    if rows.ndim != 2 or len(rows) < 2:
        raise ValueError(f"the set is {rows.shape}; a median distance needs at least 2 rows [N, E]")
    places = np.linspace(0, len(rows) - 1, min(len(rows), MOST_ROWS)).round().astype(int)
    chosen = rows[places].astype(np.float64)
    squares = np.concatenate([pairs[later].astype(np.float32) for _, pairs, later in _later_pairs(chosen)])
    middle = float(np.sqrt(np.median(squares)))
    if not middle > 0:
        raise ValueError("at least half of the reference's embeddings are the same; the kernel has no bandwidth")
    return middle


def kernel_distance(reference: np.ndarray, generated: np.ndarray, *, bandwidth: float | None = None) -> float:
    """A hundred times MMD^2 of embeddings [N, E] and [M, E] under a Gaussian kernel exp(-d^2 / (2 bandwidth^2)); the
    bandwidth is the median distance within the reference where none is given.

    Its mean over draws from equal distributions is 0, so single values may be below. Raises ValueError for fewer
    than 2 rows or unequal widths.
    """
    ones = np.ones((1, len(reference))), np.ones((1, len(generated)))
    return float(weighted_distances(reference, generated, *ones, bandwidth=bandwidth)[0])


def weighted_distances(
    reference: np.ndarray,
    generated: np.ndarray,
    reference_weights: np.ndarray,
    generated_weights: np.ndarray,
    *,
    bandwidth: float | None = None,
) -> np.ndarray:
    """`kernel_distance` [R] for R draws at once, each of which holds row n so often as its weights [R, N] and [R, M]
    say. No row is compared with itself or its copies, so draws with repetition have no bias either."""
    if reference.ndim != 2 or generated.ndim != 2 or reference.shape[1] != generated.shape[1]:
        raise ValueError(f"sets are {reference.shape} and {generated.shape}; needs [N, E] and [M, E]")
    if min(len(reference), len(generated)) < 2:
        raise ValueError(f"sets of {len(reference)} and {len(generated)} rows; each needs at least 2")
    width = median_distance(reference) if bandwidth is None else bandwidth
    real, made = reference.astype(np.float64), generated.astype(np.float64)
    within = _within(real, reference_weights, width) + _within(made, generated_weights, width)
    total = reference_weights.sum(1) * generated_weights.sum(1)
    between = _sums(real, made, reference_weights, generated_weights, width) / total
    distances: np.ndarray = SCALE * (within - 2.0 * between)
    return distances


def bootstrapped_kernel_distance(
    reference: np.ndarray, clips: Sequence[np.ndarray], *, rounds: int = 200, seed: int = 0
) -> Estimate:
    """The kernel distance of a set of clips, each clip's rows [n, E], with 95 % of what other draws of as many clips
    would give; the reference is taken as it is. As windows of one clip are alike, draws with a clip twice lie higher:
    their spread is put around the value."""
    owners = np.repeat(np.arange(len(clips)), [len(rows) for rows in clips])
    draws = np.random.default_rng(seed).multinomial(len(clips), np.full(len(clips), 1 / len(clips)), size=rounds)
    draws = draws[((draws[:, owners] > 0).sum(1) > 1)]  # one row alone has no pair
    weights = np.concatenate([np.ones((1, len(clips))), draws])[:, owners]
    values = weighted_distances(reference, np.concatenate(clips), np.ones((len(weights), len(reference))), weights)
    value = float(values[0])
    low, high = np.quantile(values[1:] - values[1:].mean(), (0.025, 0.975))
    return Estimate(value, value + float(low), value + float(high), len(clips))


def _later_pairs(rows: np.ndarray) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Blocks of rows: which they are, squared distances to all rows from the block's first one on, and which of these
    are of a row and one after it."""
    for start in range(0, len(rows), BLOCK):
        squares = _squares(rows[start : start + BLOCK], rows[start:])
        yield slice(start, start + BLOCK), squares, np.triu(np.ones(squares.shape, bool), 1)


def _within(rows: np.ndarray, weights: np.ndarray, bandwidth: float) -> np.ndarray:
    """The mean kernel [R] of two different rows."""
    total = np.zeros(len(weights))
    for block, squares, later in _later_pairs(rows):
        kernel = np.exp(squares / (-2.0 * bandwidth**2)) * later
        total += 2.0 * ((weights[:, block] @ kernel) * weights[:, block.start :]).sum(1)
    means: np.ndarray = total / (weights.sum(1) ** 2 - (weights**2).sum(1))
    return means


def _sums(first: np.ndarray, second: np.ndarray, one: np.ndarray, two: np.ndarray, bandwidth: float) -> np.ndarray:
    """Sums [R] of the kernels of all pairs of rows, by blocks, weighed by [R, N] and [R, M]."""
    total = np.zeros(len(one))
    for start in range(0, len(first), BLOCK):
        block = slice(start, start + BLOCK)
        kernel = np.exp(_squares(first[block], second) / (-2.0 * bandwidth**2))
        total += ((one[:, block] @ kernel) * two).sum(1)
    return total


def _squares(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Squared distances [N, M] of rows [N, E] and [M, E]."""
    squares = (first**2).sum(1)[:, None] + (second**2).sum(1)[None] - 2.0 * first @ second.T
    return np.maximum(squares, 0.0)
