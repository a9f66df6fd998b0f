"""This process among those of torchrun: the environment says which one it is, whose device is its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from songloom.training.distributed import Processes


def joined(device: str | None, *, shard: bool) -> Processes:
    """Meets the other processes of torchrun; alone where there are none. Raises ValueError for a device or a number of
    processes that cannot be."""
    import torch

    from songloom.training.distributed import join

    rank, world = _number("RANK", 0), _number("WORLD_SIZE", 1)
    local, here = _number("LOCAL_RANK", 0), _number("LOCAL_WORLD_SIZE", 1)
    if not 0 <= rank < world or (world > 1 and "MASTER_ADDR" not in os.environ):
        raise ValueError(f"RANK is {rank} and WORLD_SIZE {world}, but not by torchrun: start several processes by it")
    chosen = own_device(device, local, here, torch.cuda.device_count())
    if chosen.startswith("cuda"):
        torch.cuda.set_device(chosen)
    return join(rank, world, chosen, sharded=shard, tries=_tries() if here == world else 0)


def own_device(asked: str | None, local: int, here: int, gpus: int) -> str:
    """The device of process `local` of the `here` ones on a machine with so many `gpus`; `asked` is cpu, cuda, cuda:N
    or nothing. Raises ValueError where there is none for it."""
    kind, colon, number = (asked or ("cuda" if gpus else "cpu")).partition(":")
    if kind not in ("cpu", "cuda") or bool(colon) != number.isdigit() or (colon and kind == "cpu"):
        raise ValueError(f"--device must be cpu, cuda or cuda:N, not {asked!r}")
    if kind == "cpu":
        return "cpu"
    if number and here > 1:
        raise ValueError(f"--device {asked} is one for {here} processes; leave it away, and each takes its own")
    if (number and int(number) >= gpus) or not gpus:
        raise ValueError(f"--device {asked}: this machine has {gpus} CUDA device(s)")
    if here > gpus:
        raise ValueError(f"{here} processes cannot share {gpus} CUDA device(s); give torchrun --nproc-per-node {gpus}")
    return f"cuda:{number or local}"


def restarted() -> bool:
    """Whether torchrun started its processes again, after one had died or a machine came or went."""
    return _tries() > 0


def _tries() -> int:
    return _number("TORCHELASTIC_RESTART_COUNT", 0)


def _number(name: str, usual: int) -> int:
    text = os.environ.get(name, str(usual))
    if not text.isdigit():
        raise ValueError(f"{name} is {text!r} in the environment, not a number")
    return int(text)
