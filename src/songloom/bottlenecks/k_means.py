"""k-means: centres of vectors by Lloyd's algorithm (Lloyd 1982, "Least squares quantization in PCM")."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from songloom.bottlenecks.nearest import nearest, nearest_by_angle


@torch.no_grad()
def k_means(rows: Tensor, count: int, *, rounds: int = 10, cosine: bool = False) -> Tensor:
    """`count` centres [V, D] of rows [N, D], from random rows; with `cosine` centres and rows have length 1.

    With fewer rows than centres, rows repeat with a little noise and part ways later.
    """
    rows = functional.normalize(rows, dim=1) if cosine else rows
    find = nearest_by_angle if cosine else nearest
    order = torch.randperm(len(rows), device=rows.device)
    centres = rows[order.repeat(-(-count // len(rows)))[:count]]
    if len(rows) < count:
        centres = centres + 0.05 * rows.std() * torch.randn_like(centres)
        return functional.normalize(centres, dim=1) if cosine else centres
    for _ in range(rounds):
        chosen = find(rows, centres)
        sizes = rows.new_zeros(count).index_add_(0, chosen, rows.new_ones(len(rows)))
        sums = torch.zeros_like(centres).index_add_(0, chosen, rows)
        means = functional.normalize(sums, dim=1) if cosine else sums / sizes[:, None].clamp_min(1)
        centres = torch.where(sizes[:, None] > 0, means, centres)
    return centres
