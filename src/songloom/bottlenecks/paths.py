"""Which entries of a chain of codebooks come closest together, where the nearest of each is not the best of all.

What one book leaves over may suit the next one badly. So the best `width` beginnings are kept from book to book and the
best whole is taken: beam search, as additive codes are found (Babenko & Lempitsky 2014, "Additive Quantization for
Extreme Vector Compression", CVPR). A width of 1 is the nearest entry each time.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from songloom.bottlenecks.nearest import SCORES


@torch.no_grad()
def closest_path(rows: Tensor, books: Sequence[Tensor], width: int) -> Tensor:
    """Codes [N, K] of the sum of one entry of each of K books [V, D] that is nearest to each row [N, D], as far as a
    beam of `width` finds it; decided in float32."""
    with torch.autocast(rows.device.type, enabled=False):
        books = [entries.float() for entries in books]
        at_a_time = max(1, SCORES // (width * max(len(entries) for entries in books)))
        return torch.cat([_path(part, books, width) for part in torch.split(rows.float(), at_a_time)])


def _path(rows: Tensor, books: Sequence[Tensor], width: int) -> Tensor:
    """Codes [N, K] of rows [N, D] that are worked on together; `left` [N, W, D] is what each beginning leaves over."""
    left, codes = rows[:, None], rows.new_zeros(len(rows), 1, 0, dtype=torch.int64)
    for entries in books:
        errors = left.square().sum(-1, keepdim=True) + entries.square().sum(1) - 2 * left @ entries.t()
        best = errors.flatten(1).topk(min(width, errors[0].numel()), largest=False).indices
        before, entry = best // len(entries), best % len(entries)
        left = left.take_along_dim(before[..., None], 1) - entries[entry]
        codes = torch.cat([codes.take_along_dim(before[..., None], 1), entry[..., None]], -1)
    return codes[:, 0]
