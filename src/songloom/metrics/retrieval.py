"""How well right answers are found: recall at k and mean average precision at k, and what chance would give.

Manning, Raghavan & Schuetze 2008, "Introduction to Information Retrieval", section 8.4. Ties are counted against the
ranking, so vectors that are all alike find nothing.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def ranked(similarity: Tensor, relevant: Tensor) -> Tensor:
    """Which answers are right, from the most similar to the least: `similarity` [Q, N] of Q questions to N answers and
    `relevant` [Q, N] bool -> [Q, N] bool. Raises ValueError for other shapes, a question without a right answer, or
    what is no number."""
    if similarity.ndim != 2 or similarity.shape != relevant.shape:
        raise ValueError(
            f"similarity is {tuple(similarity.shape)} and relevant {tuple(relevant.shape)}; both are [Q, N]"
        )
    if not bool(similarity.isfinite().all()):
        raise ValueError("the similarity of some pair is not a number")
    if not bool(relevant.any(1).all()):
        raise ValueError("every question needs at least one right answer")
    wrong_first = relevant.to(torch.int8).argsort(dim=1, stable=True)
    order = similarity.gather(1, wrong_first).argsort(dim=1, descending=True, stable=True)
    return relevant.gather(1, wrong_first).gather(1, order)


def recall(similarity: Tensor, relevant: Tensor, k: int) -> Tensor:
    """Whether a right answer is among the first `k`, [Q] bool; its mean is recall@k as text-audio retrieval counts it.
    Shapes and errors as for `ranked`."""
    return ranked(similarity, relevant)[:, : _depth(k)].any(1)


def average_precision(similarity: Tensor, relevant: Tensor, k: int) -> Tensor:
    """Average precision among the first `k`, [Q] float64: the mean, over as many places as could be right (at most k),
    of the share of right answers up to each right one. Its mean is mAP@k. Shapes and errors as for `ranked`."""
    first = ranked(similarity, relevant)[:, : _depth(k)].double()
    places = torch.arange(1, first.shape[1] + 1, device=first.device)
    precision = first.cumsum(1) / places
    return (precision * first).sum(1) / relevant.sum(1).clamp_max(k)


def chance_recall(relevant: Tensor, k: int) -> Tensor:
    """`recall` of answers in random order, [Q] float64: 1 - C(N - R, k) / C(N, k) for R right ones among N."""
    count, k = relevant.shape[1], min(_depth(k), relevant.shape[1])
    misses = [math.comb(count - right, k) / math.comb(count, k) for right in relevant.sum(1).tolist()]
    return 1 - torch.tensor(misses, dtype=torch.float64)


def chance_precision(relevant: Tensor, k: int) -> Tensor:
    """`average_precision` of answers in random order, [Q] float64: place i is right with R / N, and then each of the
    i - 1 before it with (R - 1) / (N - 1)."""
    count, right = relevant.shape[1], relevant.sum(1, keepdim=True).double()
    places = torch.arange(1, min(_depth(k), count) + 1, dtype=torch.float64)
    before = (places - 1) * (right - 1) / max(1, count - 1)
    return (right / count * (1 + before) / places).sum(1) / right[:, 0].clamp_max(k)


def _depth(k: int) -> int:
    if k < 1:
        raise ValueError(f"k is {k}; it is 1 or more")
    return k
