"""What moves the weights: AdamW (through weight norm), Muon for matrices inside blocks, and the rate's schedule."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from songloom.bottlenecks.processes import is_sharded, whole
from songloom.recipe import Recipe
from songloom.systems.roles import System
from songloom.training.muon import Muon
from songloom.training.sharding import apart, like
from songloom.training.weight_norm import NormedAdamW, norm_names


def trained_parameters(system: System) -> dict[str, nn.Parameter]:
    """The system's own parameters that training moves, by name: all that want a gradient and are not of a frozen
    part or an opponent."""
    others = tuple(f"{name}." for name in (*system.frozen, *system.opponents))
    return {
        name: parameter
        for name, parameter in system.named_parameters()
        if parameter.requires_grad and not name.startswith(others)
    }


def opponent_parameters(system: System) -> dict[str, nn.Parameter]:
    """The parameters of the system's opponents that learn, by name; a teacher does not."""
    names = tuple(f"{name}." for name in system.opponents)
    every = system.named_parameters()
    return {name: parameter for name, parameter in every if name.startswith(names) and parameter.requires_grad}


def parameter_count(system: System) -> int:
    """How many numbers the system and its frozen parts have learned or will learn, opponents not among them."""
    others = tuple(f"{name}." for name in system.opponents)
    return sum(parameter.numel() for name, parameter in system.named_parameters() if not name.startswith(others))


def matrix_names(system: System) -> set[str]:
    """Names of the weights that Muon may move: those of linear layers inside blocks (`nn.ModuleList`).

    A system with other ideas says so by a method `matrix_parameters() -> set[str]`.
    """
    own = getattr(system, "matrix_parameters", None)
    if own is not None:
        return set(own())
    blocks = [name for name, module in system.named_modules() if isinstance(module, nn.ModuleList)]
    inside = tuple(f"{name}." for name in blocks)
    return {
        f"{name}.weight"
        for name, module in system.named_modules()
        if isinstance(module, nn.Linear) and inside and name.startswith(inside)
    }


def make_optimizers(system: System, recipe: Recipe) -> list[Optimizer]:
    """The optimisers of a recipe: AdamW, with Muon or weight norm where it asks for them, and one more AdamW for
    opponents. AdamW decays matrices only, not norms and biases."""
    parameters = trained_parameters(system)
    if not parameters:
        raise ValueError(f"{type(system).__name__} has no weights to train")
    matrices = matrix_names(system) & parameters.keys() if recipe.optimizer == "muon" else set()
    normed = (norm_names(system) & parameters.keys()) - matrices if recipe.weight_norm else set()
    rest = [parameter for name, parameter in parameters.items() if name not in matrices | normed]
    optimizers: list[Optimizer] = []
    if rest:
        optimizers.append(_adamw(rest, recipe, recipe.learning_rate))
    if matrices:
        chosen = [parameters[name] for name in parameters if name in matrices]
        optimizers.append(Muon(chosen, lr=recipe.muon_rate, weight_decay=recipe.weight_decay))
    if normed:
        chosen = [parameters[name] for name in parameters if name in normed]
        decay, rate = recipe.weight_decay, recipe.learning_rate
        optimizers.append(NormedAdamW(chosen, lr=rate, betas=recipe.betas, weight_decay=decay))
    if opponents := list(opponent_parameters(system).values()):
        rate = recipe.learning_rate if recipe.opponent_rate is None else recipe.opponent_rate
        optimizers.append(_adamw(opponents, recipe, rate))
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
    return optimizers


def _adamw(parameters: Sequence[nn.Parameter], recipe: Recipe, rate: float) -> AdamW:
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in parameters if p.ndim == 1], "weight_decay": 0.0},
        {"params": [p for p in parameters if p.ndim == 0], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    return AdamW(groups, lr=rate, betas=recipe.betas, eps=1e-8, fused=True)


def clip(parameters: Sequence[nn.Parameter], limit: float) -> Tensor:
    """The norm of all gradients together, which are then scaled down to `limit`, where that is not 0."""
    limit = limit or math.inf
    kinds = apart(parameter for parameter in parameters if parameter.grad is not None)
    if not kinds:
        return torch.zeros((), device=parameters[0].device)
    if len(kinds) == 1:
        return whole(nn.utils.clip_grad_norm_(kinds[0], limit))
    grads = [[parameter.grad for parameter in kind if parameter.grad is not None] for kind in kinds]
    norm = torch.stack([whole(nn.utils.get_total_norm(kind)) for kind in grads]).norm()
    if (scale := limit / (norm.item() + 1e-6)) < 1:
        for kind in grads:
            torch._foreach_mul_(kind, scale)
    return norm


def rate_factor(step: int, recipe: Recipe) -> float:
    """The learning rate of step `step` as a part of its peak: linear warm-up, then a cosine to `final_rate`."""
    if step < recipe.warmup:
        return (step + 1) / recipe.warmup
    done = min(1.0, (step - recipe.warmup) / max(1, recipe.steps - recipe.warmup))
    return recipe.final_rate + (1.0 - recipe.final_rate) * 0.5 * (1.0 + math.cos(math.pi * done))


def set_rates(optimizers: Sequence[Optimizer], factor: float) -> None:
    """Every group's learning rate as `factor` times its peak."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * factor


def state_tensors(optimizers: Sequence[Optimizer], parameters: Mapping[str, nn.Parameter]) -> dict[str, Tensor]:
    """The optimisers' memory as named tensors, `<entry>/<parameter>`, where and as they are."""
    found: dict[str, Tensor] = {}
    for optimizer in optimizers:
        for name, parameter in parameters.items():
            for entry, value in optimizer.state.get(parameter, {}).items():
                found[f"{entry}/{name}"] = torch.as_tensor(value).detach()
    return found


def empty_state(parameters: Mapping[str, nn.Parameter], key: str, shape: torch.Size, dtype: torch.dtype) -> Tensor:
    """A place for the entry `key` of `state_tensors`: sharded as its parameter is, where it is of the same shape."""
    parameter = parameters.get(key.partition("/")[2])
    if parameter is None or not is_sharded(parameter) or parameter.shape != shape:
        return torch.empty(shape, dtype=dtype)
    return torch.empty_like(parameter.detach(), dtype=dtype)


def load_state_tensors(
    optimizers: Sequence[Optimizer], parameters: Mapping[str, nn.Parameter], tensors: Mapping[str, Tensor]
) -> None:
    """The inverse of `state_tensors`, for optimisers of the same recipe."""
    names = {id(parameter): name for name, parameter in parameters.items()}
    entries: dict[str, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        entry, name = key.split("/", 1)
        entries.setdefault(name, {})[entry] = tensor
    unknown = sorted(entries.keys() - parameters.keys())
    if unknown:
        raise ValueError(f"the optimizer's memory is of another system: it holds {', '.join(unknown[:4])}")
    for optimizer in optimizers:
        mine = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        state = {
            place: {entry: like(tensor, p) for entry, tensor in entries[names[id(p)]].items()}
            for place, p in enumerate(mine)
            if names[id(p)] in entries
        }
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
