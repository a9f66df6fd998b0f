"""Weights in parts, one in each process (FSDP2): how a system is split, and tensors on their way in and out."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import TypeVar, cast

import torch
from torch import Tensor, nn

from songloom.bottlenecks.processes import is_sharded, whole
from songloom.systems.roles import Codec, System

Some = TypeVar("Some", bound=Tensor)


def shard(system: System, device: torch.device, world_size: int) -> None:
    """Splits the weights over the processes, those of every block on their own, so that no more than one block is whole
    at a time. A module that is entered by other methods than its forward names them in `entered_by`. A codec is one
    block: convolutions look at each other's weights, and it is small. Frozen parts, opponents and single numbers stay
    whole in each process (see `average_whole`)."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method

    warnings.filterwarnings("ignore", "FSDP2-wrapped module .* returned a view tensor")  # none is changed in place
    mesh = init_device_mesh(device.type, (world_size,))
    opponents = (getattr(system, name) for name in system.opponents)
    others = [*map(system.get_submodule, system.frozen), *(part for part in opponents if part is not None)]
    still = {parameter for part in others for parameter in part.parameters()}
    still |= {parameter for parameter in system.parameters() if not parameter.ndim}
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


def put_away(system: System) -> None:
    """Gives up what a forward pass without a backward one has left whole, so that the next gathers the weights of its
    time."""
    from torch.distributed.fsdp import FSDPModule

    for module in system.modules():
        if isinstance(module, FSDPModule):
            module.reshard()


def here(tensor: Tensor) -> Tensor:
    """What lies in this process of a sharded tensor, to be read and changed in place; any other one as it is."""
    if not is_sharded(tensor):
        return tensor
    from torch.distributed.tensor import DTensor

    return cast(DTensor, tensor).to_local()


def apart(tensors: Iterable[Some]) -> list[list[Some]]:
    """Sharded ones and whole ones, for torch's operations on lists do not mix them; no list is empty."""
    lists: tuple[list[Some], list[Some]] = ([], [])
    for tensor in tensors:
        lists[is_sharded(tensor)].append(tensor)
    return [one for one in lists if one]


def collected(tensors: Mapping[str, Tensor], *, kept: bool = True) -> dict[str, Tensor]:
    """Whole tensors on the CPU, put together one after the other (every process must ask); nothing unless `kept`."""
    found: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        full = whole(tensor.detach())
        if kept:
            found[name] = full.to("cpu").contiguous()
    return found


def like(tensor: Tensor, model: Tensor) -> Tensor:
    """`tensor`, whose rows are those of `model`, in shards where that is; one of the same shape else in the order that
    `model` has in memory, by which fused optimisers go. Any other tensor is given as it is."""
    if is_sharded(tensor) or tensor.ndim != model.ndim or tensor.shape[:1] != model.shape[:1]:
        return tensor
    if not is_sharded(model) and tensor.shape != model.shape:
        return tensor
    if not is_sharded(model):
        return torch.empty_like(model, dtype=tensor.dtype, device=tensor.device).copy_(tensor)
    from torch.distributed.tensor import DTensor, distribute_tensor

    model = cast(DTensor, model)
    return distribute_tensor(tensor.to(model.device), model.device_mesh, model.placements)
