"""What the processes of a data-parallel run tell each other, to know the whole batch; alone, nothing changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, distributed


def _several() -> bool:
    return distributed.is_available() and distributed.is_initialized()


def shared(tensor: Tensor) -> Tensor:
    """The sum of `tensor` over all processes."""
    if _several():
        distributed.all_reduce(tensor)
    return tensor


def averaged(tensor: Tensor) -> Tensor:
    """The mean of `tensor` over all processes, as a constant."""
    return shared(tensor.detach().clone()) / distributed.get_world_size() if _several() else tensor


def picked(rows: Tensor, count: int) -> Tensor:
    """`count` of the rows [N, D] of all processes, drawn with repeats by the first process, the same in each."""
    if not _several():
        return rows[torch.randint(len(rows), (count,), device=rows.device)]
    everyone, first = distributed.get_world_size() * len(rows), distributed.get_rank() * len(rows)
    places = agreed(torch.randint(everyone, (count,), device=rows.device)) - first
    own = (places >= 0) & (places < len(rows))
    return shared(torch.where(own[:, None], rows[places.clamp(0, len(rows) - 1)], 0))


def gathered(rows: Tensor) -> Tensor:
    """The rows [N, D] of all processes, one below the other; each process has the same number."""
    if not _several():
        return rows
    parts = [torch.empty_like(rows) for _ in range(distributed.get_world_size())]
    distributed.all_gather(parts, rows.contiguous())
    return torch.cat(parts)


def joined(rows: Tensor) -> Tensor:
    """`gathered` rows [N, D] whose gradient comes to this process's own ones, times the number of processes.

    So a loss of all rows, which each process works out for itself, has the gradient of one process after the mean over
    processes: a weight gets a part of it through the rows of each process.
    """
    if not _several():
        return rows
    world, rank = distributed.get_world_size(), distributed.get_rank()
    own = rows.detach() + world * (rows - rows.detach())
    parts = list(gathered(rows.detach()).chunk(world))
    return torch.cat([*parts[:rank], own, *parts[rank + 1 :]])


def told(items: Sequence[Any], device: torch.device) -> list[Any]:
    """The items of all processes, those of the first one first: anything that JSON holds."""
    if not _several():
        return list(items)
    own = torch.frombuffer(bytearray(json.dumps(list(items)).encode()), dtype=torch.uint8).to(device)
    sizes = gathered(torch.tensor([[len(own)]], device=device))[:, 0].tolist()
    parts = gathered(torch.nn.functional.pad(own, (0, max(sizes) - len(own)))[None])
    texts = [bytes(part[:size].tolist()).decode() for part, size in zip(parts, sizes, strict=True)]
    return [item for text in texts for item in json.loads(text)]


def agreed(tensor: Tensor) -> Tensor:
    """The first process's `tensor` in every process."""
    if _several():
        distributed.broadcast(tensor, 0)
    return tensor


def is_sharded(tensor: Tensor) -> bool:
    """Whether a tensor is a DTensor (asked without the second that importing that class takes)."""
    return hasattr(tensor, "full_tensor")


def whole(tensor: Tensor) -> Tensor:
    """A tensor in shards put together again (every process must ask); any other one as it is."""
    if not is_sharded(tensor):
        return tensor
    from torch.distributed.tensor import DTensor

    return cast(DTensor, tensor).full_tensor()
