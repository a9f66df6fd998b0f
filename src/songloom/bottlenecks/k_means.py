"""k-means: centres of vectors by Lloyd's algorithm (Lloyd 1982, "Least squares quantization in PCM")."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from songloom.bottlenecks.nearest import nearest, nearest_by_angle

SPREADS = 8
"""Draws in which `spread` takes its rows."""


@torch.no_grad()
def k_means(rows: Tensor, count: int, *, rounds: int = 10, cosine: bool = False, first: Tensor | None = None) -> Tensor:
    """`count` centres [V, D] of rows [N, D], from `first` [V, D] or random rows; with `cosine` centres and rows have
    length 1. With fewer rows than centres, rows repeat with a little noise and part ways later.

    Distances are taken about the rows' mean: about zero, rows close together and far away would choose by the
    rounding of their last bit.
    """
    middle = rows.new_zeros(()) if cosine else rows.mean(0)
    rows = functional.normalize(rows, dim=1) if cosine else rows - middle
    centres = _random_rows(rows, count) if first is None else first - middle
    if cosine:
        centres = functional.normalize(centres, dim=1)
    if len(rows) < count:
        return centres + middle
    for _ in range(rounds):
        chosen = (nearest_by_angle if cosine else nearest)(rows, centres)
        sizes = rows.new_zeros(count).index_add_(0, chosen, rows.new_ones(len(rows)))
        sums = torch.zeros_like(centres).index_add_(0, chosen, rows)
        means = functional.normalize(sums, dim=1) if cosine else sums / sizes[:, None].clamp_min(1)
        centres = torch.where(sizes[:, None] > 0, means, centres)
    return centres + middle


def _random_rows(rows: Tensor, count: int) -> Tensor:
    """`count` random ones of rows [N, D]; with a little noise where they repeat."""
    order = torch.randperm(len(rows), device=rows.device)
    found = rows[order.repeat(-(-count // len(rows)))[:count]]
    return found if len(rows) >= count else found + 0.05 * rows.std() * torch.randn_like(found)


@torch.no_grad()
def spread(rows: Tensor, count: int) -> Tensor:
    """`count` of rows [N, D] that lie apart, to start k-means from: [V, D].

    Rows are drawn by their squared distance from those drawn before, as k-means++ does one by one (Arthur &
    Vassilvitskii 2007), but many at a time in few draws, as k-means|| (Bahmani et al. 2012).
    """
    draws = min(SPREADS, count)
    distances, found = rows.new_ones(len(rows)), rows[:0]
    for draw in range(1, draws + 1):
        # The least chance, for when fewer rows differ than are wanted.
        places = torch.multinomial(distances.clamp_min(1e-12), count * draw // draws - len(found))
        found = torch.cat([found, rows[places]])
        distances = (rows - functional.embedding(nearest(rows, found), found)).square().sum(1)
    return found
