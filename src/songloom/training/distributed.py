"""Training on several devices: torchrun starts one process for each; gradients are averaged over all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor, distributed, nn
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from songloom.bottlenecks.processes import is_sharded
from songloom.data.batch import Batch
from songloom.systems.roles import System
from songloom.training.sharding import shard

PATIENCE = timedelta(days=7)
"""Of the processes that wait while the first one prepares data."""


@dataclass(frozen=True, slots=True)
class Processes:
    """This process among those that train together, and its device. `sharded` weights lie in parts, one in
    each process (FSDP2); otherwise every process holds all of them."""

    rank: int = 0
    world_size: int = 1
    device: str = "cpu"
    sharded: bool = False

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes files."""
        return self.rank == 0

    def share(self, crops: int) -> int:
        """How many of a batch's crops are this process's. Raises ValueError where they cannot be shared evenly."""
        if crops % self.world_size:
            raise ValueError(
                f"a batch of {crops} crops cannot be shared evenly by {self.world_size} processes; recipe.batch_size is"
                " that of all together"
            )
        return crops // self.world_size

    def wait(self) -> None:
        """Until all processes are here."""
        if self.world_size > 1:
            distributed.barrier()

    @contextmanager
    def first_alone(self) -> Iterator[None]:
        """What is inside is done by the first process, and then by the others, who find what it has made."""
        if self.world_size == 1:
            yield
            return
        group = distributed.new_group(backend="gloo", timeout=PATIENCE)
        if not self.first:
            distributed.barrier(group)
        try:
            yield
        finally:
            if self.first:
                distributed.barrier(group)
            distributed.destroy_process_group(group)

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


def join(rank: int, world_size: int, device: str, *, sharded: bool = False, tries: int = 0) -> Processes:
    """Joins the processes that torchrun started (rendezvous by its environment variables): nccl on GPUs, else gloo.
    `tries` are the times that they were started before, whose addresses torchrun keeps. Raises ValueError where there
    is one process and its weights shall be sharded."""
    if sharded and world_size == 1:
        raise ValueError("--shard splits the weights over several processes: begin with torchrun --nproc-per-node N")
    if world_size > 1:
        backend = "nccl" if device.startswith("cuda") else "gloo"
        store, _, _ = next(rendezvous("env://", rank, world_size))
        own = distributed.PrefixStore(f"try {tries}", store)  # type: ignore[attr-defined]
        distributed.init_process_group(backend, rank=rank, world_size=world_size, store=own)
    return Processes(rank, world_size, device, sharded)


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
    if processes.sharded:
        shard(system, torch.device(processes.device), processes.world_size)
        return losses
    return DistributedDataParallel(losses, find_unused_parameters=True)


def average_whole(parameters: Iterable[nn.Parameter], processes: Processes) -> None:
    """The gradients of weights that stayed whole where the others are in shards, as means over the processes."""
    for parameter in parameters if processes.sharded else ():
        if parameter.grad is not None and not is_sharded(parameter.grad):
            parameter.grad = processes.mean(parameter.grad)


def without_averaging(losses: nn.Module) -> AbstractContextManager[None]:
    """Inside, gradients stay with their process: for all but the last part of an accumulated step."""
    return losses.no_sync() if isinstance(losses, DistributedDataParallel) else nullcontext()
