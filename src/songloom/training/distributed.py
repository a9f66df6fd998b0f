"""Training on several devices: torchrun starts one process for each; gradients are averaged over all of them."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from ..data.batch import Batch
from ..systems.roles import System


@dataclass(frozen=True, slots=True)
class Processes:
    """This process among those that train together, and its device."""

    rank: int = 0
    world_size: int = 1
    device: str = "cpu"

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes files."""
        return self.rank == 0

    def any(self, flag: bool) -> bool:
        """Whether `flag` is true in any process: what all of them then do together."""
        if self.world_size == 1:
            return flag
        told = torch.tensor(float(flag), device=self.device)
        distributed.all_reduce(told, op=distributed.ReduceOp.MAX)
        return bool(told.item())

    def mean(self, values: Tensor) -> Tensor:
        """The mean of `values` over the processes."""
        if self.world_size > 1:
            distributed.all_reduce(values)
            values = values / self.world_size
        return values


def join(rank: int, world_size: int, device: str) -> Processes:
    """Joins the processes that torchrun started (rendezvous by its environment variables): nccl on GPUs, else gloo."""
    if world_size > 1:
        distributed.init_process_group(
            "nccl" if device.startswith("cuda") else "gloo", rank=rank, world_size=world_size
        )
    return Processes(rank, world_size, device)


def leave() -> None:
    """Ends what `join` began."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


class Losses(nn.Module):
    """A system's losses as a module's forward, which is what data-parallel wrappers hook into."""

    def __init__(self, system: System) -> None:
        super().__init__()
        self.system = system

    def forward(self, batch: Batch, step: int) -> dict[str, Tensor]:
        return self.system.losses(batch, step=step)


def parallel_losses(system: System, processes: Processes) -> nn.Module:
    """Called with (batch, step) it gives the losses; their gradients are averaged over the processes."""
    losses = Losses(system)
    if processes.world_size == 1:
        return losses
    return DistributedDataParallel(losses, find_unused_parameters=True)


def without_averaging(losses: nn.Module) -> AbstractContextManager[None]:
    """Inside, gradients stay with their process: for all but the last part of an accumulated step."""
    return losses.no_sync() if isinstance(losses, DistributedDataParallel) else nullcontext()
