"""Training on several devices: torchrun starts one process for each; gradients are averaged over all of them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from songloom.data.batch import Batch
from songloom.systems.roles import Codec, System


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


def join(rank: int, world_size: int, device: str, *, sharded: bool = False) -> Processes:
    """Joins the processes that torchrun started (rendezvous by its environment variables): nccl on GPUs, else gloo."""
    if world_size > 1:
        distributed.init_process_group(
            "nccl" if device.startswith("cuda") else "gloo", rank=rank, world_size=world_size
        )
    return Processes(rank, world_size, device, sharded and world_size > 1)


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
        shard(system, processes)
        return losses
    return DistributedDataParallel(losses, find_unused_parameters=True)


def shard(system: System, processes: Processes) -> None:
    """Splits the weights over the processes (FSDP2), those of every block on their own, so that no more than one block
    is whole at a time. A module that is entered by other methods than its forward names them in `entered_by`. A codec
    is one block: convolutions look at each other's weights, and it is small. Frozen parts stay whole in each process.
    Raises ValueError for a system with opponents."""
    if system.opponents:
        raise ValueError(f"{type(system).__name__} has opponents, whose weights cannot be sharded; leave --shard away")
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method

    mesh = init_device_mesh(torch.device(processes.device).type, (processes.world_size,))
    others = [getattr(system, name) for name in system.frozen]
    still = {parameter for part in others for parameter in part.parameters()}
    for parameter in set(system.parameters()) - still:
        parameter.data = parameter.data.contiguous()
    for block in [] if isinstance(system, Codec) else _blocks(system, others):
        fully_shard(block, mesh=mesh)
        for method in getattr(block, "entered_by", ()):
            register_fsdp_forward_method(block, method)
    fully_shard(system, mesh=mesh, ignored_params=still)
    register_fsdp_forward_method(system, "losses")


def _blocks(system: System, others: Iterable[nn.Module]) -> list[nn.Module]:
    """The modules that are gathered one by one, inner ones first: those in lists, and those with doors of their own."""
    left = {id(module) for part in others for module in part.modules()}
    found: dict[int, nn.Module] = {}
    for module in system.modules():
        if id(module) in left:
            continue
        inside = list(module) if isinstance(module, nn.ModuleList) else []
        inside += [module] if hasattr(module, "entered_by") else []
        found |= {id(one): one for one in inside if not isinstance(one, nn.ModuleList)}
    return list(reversed(found.values()))


def is_sharded(tensor: Tensor) -> bool:
    """Whether a tensor is a DTensor (asked without the second that importing that class takes)."""
    return hasattr(tensor, "full_tensor")


def whole(tensor: Tensor) -> Tensor:
    """A sharded tensor put together again (every process must ask); any other one as it is."""
    if not is_sharded(tensor):
        return tensor
    from torch.distributed.tensor import DTensor

    return cast(DTensor, tensor).full_tensor()


def like(tensor: Tensor, model: Tensor) -> Tensor:
    """`tensor` in shards where `model`, of the same shape, is in shards, and else in the order that `model` has in
    memory, by which fused optimisers go."""
    if tensor.shape != model.shape:
        return tensor
    if not is_sharded(model):
        return torch.empty_like(model, dtype=tensor.dtype, device=tensor.device).copy_(tensor)
    from torch.distributed.tensor import DTensor, distribute_tensor

    model = cast(DTensor, model)
    return distribute_tensor(tensor.to(model.device), model.device_mesh, model.placements)


def without_averaging(losses: nn.Module) -> AbstractContextManager[None]:
    """Inside, gradients stay with their process: for all but the last part of an accumulated step."""
    return losses.no_sync() if isinstance(losses, DistributedDataParallel) else nullcontext()
