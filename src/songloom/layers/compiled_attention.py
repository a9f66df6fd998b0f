"""Attention of one position over keys and values of few bytes, as machine code: each is read once and stays a byte."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from songloom.layers.compiled import Array, array, get, kernel
from songloom.layers.team import together


def attend(queries: Tensor, both: Tensor, scales: Tensor | None, end: int) -> Tensor:
    """What queries [B, H, width] find in the first `end` of the keys and values `both` [2, B, H, S, width], which are
    bfloat16, or bytes times `scales` [2, B, H, S]: [B, H, width]."""
    rows = queries.flatten(0, 1)
    made = torch.empty_like(rows, memory_format=torch.contiguous_format)
    factors = both.new_ones(2, len(rows), 1, dtype=torch.float32) if scales is None else scales.flatten(1, 2)
    given = array(rows.contiguous()), array(both.flatten(1, 2)), array(factors), end, array(made)
    together(_attend, *given, numbers=2 * end * rows.numel())
    return made.view(queries.shape)


@kernel
def _attend(part: int, parts: int, queries: Array, both: Array, scales: Array, end: int, made: Array) -> None:
    """Queries [N, width], keys and values [2, N, S, width], scales [2, N, S] (or [2, N, 1] for all) -> [N, width]."""
    count, width = queries.shape
    scores, row, mixed = np.empty(end, np.float32), np.empty(width, np.float32), np.empty(width, np.float32)
    usual, own = np.float32(1 / np.sqrt(np.float32(width))), scales.shape[2] > 1
    for n in range(part * count // parts, (part + 1) * count // parts):
        query, most = queries[n], np.float32(-np.inf)
        for s in range(end):
            get(both[0, n, s], row)
            score = np.float32(0)
            for c in range(width):
                score += query[c] * row[c]
            scores[s] = score * usual * (scales[0, n, s] if own else np.float32(1))
            most = max(most, scores[s])
        total = np.float32(0)
        for s in range(end):
            weight = np.float32(np.exp(scores[s] - most))
            total += weight
            scores[s] = weight * (scales[1, n, s] if own else np.float32(1))
        mixed[:] = 0
        for s in range(end):
            get(both[1, n, s], row)
            weight = scores[s]
            for c in range(width):
                mixed[c] += weight * row[c]
        for c in range(width):
            made[n, c] = mixed[c] / total
