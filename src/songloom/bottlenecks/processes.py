"""What the processes of a data-parallel run agree on, so that each holds the same codebooks; alone, nothing changes."""

from __future__ import annotations

import torch
from torch import Tensor, distributed


def _several() -> bool:
    return distributed.is_available() and distributed.is_initialized()


def shared(tensor: Tensor) -> Tensor:
    """The sum of `tensor` over all processes."""
    if _several():
        distributed.all_reduce(tensor)
    return tensor


def gathered(rows: Tensor) -> Tensor:
    """The rows [N, D] of all processes, one below the other; each process has the same number."""
    if not _several():
        return rows
    parts = [torch.empty_like(rows) for _ in range(distributed.get_world_size())]
    distributed.all_gather(parts, rows.contiguous())
    return torch.cat(parts)


def agreed(tensor: Tensor) -> Tensor:
    """The first process's `tensor` in every process."""
    if _several():
        distributed.broadcast(tensor, 0)
    return tensor
