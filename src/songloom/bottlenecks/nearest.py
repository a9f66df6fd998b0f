"""Which entry of a codebook is nearest to each vector, by distance or by angle."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


@torch.no_grad()
def nearest(rows: Tensor, entries: Tensor) -> Tensor:
    """Index [N] of the entry [V, D] with the least Euclidean distance to each row [N, D], decided in float32.

    |row - entry|^2 = |row|^2 - 2 row . entry + |entry|^2, where the first term is the same for all entries.
    """
    with torch.autocast(rows.device.type, enabled=False):
        rows, entries = rows.float(), entries.float()
        return torch.addmm(entries.square().sum(1), rows, entries.t(), alpha=-2).argmin(1)


@torch.no_grad()
def nearest_by_angle(rows: Tensor, entries: Tensor) -> Tensor:
    """Index [N] of the entry [V, D] with the greatest cosine to each row [N, D], decided in float32.

    The length of a row scales its cosines all alike, so only the entries are normalised.
    """
    with torch.autocast(rows.device.type, enabled=False):
        return (rows.float() @ functional.normalize(entries.float(), dim=1).t()).argmax(1)
