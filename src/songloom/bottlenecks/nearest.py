"""Which entry of a codebook is nearest to each vector, by distance or by angle; for many codebooks at once too."""

from __future__ import annotations

import math

import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional

SCORES = 2**21
"""Scores that are held at a time: memory does not grow with the rows, and on a CPU they stay in the cache."""
BLOCK = 64
"""Scores whose greatest is found at a time by `first_greatest`."""


@torch.no_grad()
def nearest(rows: Tensor, entries: Tensor) -> Tensor:
    """Index [..., N] of the entry [..., V, D] with the least Euclidean distance to each row [..., N, D].

    |row - entry|^2 = |row|^2 - 2 (row . entry - |entry|^2 / 2), where the first term is the same for all entries: so
    the greatest bracket is sought, with the offset as one more coordinate. Decided in float32.
    """
    offset = -entries.float().square().sum(-1, keepdim=True) / 2
    ones = rows.new_ones((), dtype=torch.float32).expand(*rows.shape[:-1], 1)
    return greatest_product(torch.cat([rows.float(), ones], -1), torch.cat([entries.float(), offset], -1))


@torch.no_grad()
def nearest_by_angle(rows: Tensor, entries: Tensor) -> Tensor:
    """Index [..., N] of the entry [..., V, D] with the greatest cosine to each row [..., N, D], decided in float32.

    The length of a row scales its cosines all alike, so only the entries are normalised.
    """
    return greatest_product(rows.float(), functional.normalize(entries.float(), dim=-1))


def greatest_product(rows: Tensor, entries: Tensor) -> Tensor:
    """Index [..., N] of the entry [..., V, D] with the greatest inner product with each row [..., N, D]."""
    size = max(1, SCORES // math.prod(entries.shape[:-1]))
    with torch.autocast(rows.device.type, enabled=False):
        return torch.cat([first_greatest(part @ entries.mT) for part in torch.split(rows, size, -2)], -1)


def first_greatest(scores: Tensor) -> Tensor:
    """Index [..., N] of the greatest of scores [..., N, V], the first of equals.

    On a CPU torch looks for an index one number at a time, but for a maximum many at a time: so first the greatest
    of each block, then the block, then the place in it.
    """
    block = math.gcd(scores.shape[-1], BLOCK)
    if not scores.is_cpu or block < BLOCK // 2:
        return scores.argmax(-1)
    blocks = rearrange(scores, "... (blocks size) -> ... blocks size", size=block)
    best = blocks.amax(-1).argmax(-1)
    inside = torch.take_along_dim(blocks, best[..., None, None], -2).argmax(-1)[..., 0]
    return best * block + inside
