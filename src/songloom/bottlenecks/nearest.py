"""Which entry of a codebook is nearest to each vector, by distance or by angle."""

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
    """Index [N] of the entry [V, D] with the least Euclidean distance to each row [N, D], decided in float32.

    |row - entry|^2 = |row|^2 - 2 (row . entry - |entry|^2 / 2), where the first term is the same for all entries: so
    the greatest bracket is sought.
    """
    with torch.autocast(rows.device.type, enabled=False):
        entries = entries.float()
        offset, turned = entries.square().sum(1), entries.t()
        parts = torch.split(rows.float(), _at_a_time(entries))
        return torch.cat([first_greatest(torch.addmm(offset, part, turned, beta=-0.5)) for part in parts])


@torch.no_grad()
def nearest_by_angle(rows: Tensor, entries: Tensor) -> Tensor:
    """Index [..., N] of the entry [..., V, D] with the greatest cosine to each row [..., N, D], decided in float32.

    The length of a row scales its cosines all alike, so only the entries are normalised.
    """
    with torch.autocast(rows.device.type, enabled=False):
        turned = functional.normalize(entries.float(), dim=-1).mT
        parts = torch.split(rows.float(), _at_a_time(entries), -2)
        return torch.cat([first_greatest(part @ turned) for part in parts], -1)


def _at_a_time(entries: Tensor) -> int:
    """Rows that are scored together against entries [..., V, D]."""
    return max(1, SCORES // math.prod(entries.shape[:-1]))


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
