"""Muon: momentum whose matrix update is replaced by its nearest orthogonal matrix (Jordan 2024).

Five Newton-Schulz steps approximate U V^T of the momentum's singular value decomposition U S V^T; matrices of
one shape go through them as one batch. https://kellerjordan.github.io/posts/muon/
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim import Optimizer

from songloom.bottlenecks.processes import is_sharded
from songloom.training.sharding import here

QUINTIC = (3.4445, -4.7750, 2.0315)


def orthogonalized(matrices: Tensor, *, steps: int = 5) -> Tensor:
    """[N, rows, columns] -> the same shape, singular values near 1 (within 0.5 to 1.5): Newton-Schulz with a quintic.

    float32 goes through bfloat16, which is exact enough for it, where the device multiplies that natively.
    """
    a, b, c = QUINTIC
    x = matrices.bfloat16() if matrices.dtype == torch.float32 and _has_bfloat16(matrices) else matrices
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.mT
    x = x / x.flatten(1).norm(dim=1).clamp_min(1e-7)[:, None, None]
    for _ in range(steps):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.mT if tall else x).to(matrices.dtype)


def orthogonalized_together(parts: Sequence[Tensor], models: Sequence[Tensor]) -> list[Tensor]:
    """This process's parts of N matrices, in shards as `models` are, -> those of the orthogonalised matrices.

    Each matrix is gathered, one of the processes orthogonalises it, and gives every other its part, so that the
    products are shared as well as the memory. All processes have to ask together.
    """
    from torch.distributed.tensor import DTensor, distribute_tensor

    kinds = [cast(DTensor, model) for model in models]
    mesh = kinds[0].device_mesh
    turns = [place % mesh.size() == mesh.get_local_rank() for place in range(len(kinds))]
    mine: list[Tensor] = []
    for part, kind, turn in zip(parts, kinds, turns, strict=True):
        full = DTensor.from_local(part, mesh, kind.placements, shape=kind.shape, stride=kind.stride()).full_tensor()
        mine += [full] if turn else []
    done = iter(orthogonalized(torch.stack(mine)).unbind() if mine else ())
    found = []
    for place, (part, kind, turn) in enumerate(zip(parts, kinds, turns, strict=True)):
        full = next(done) if turn else torch.empty(kind.shape, dtype=part.dtype, device=part.device)
        shards = distribute_tensor(full.contiguous(), mesh, kind.placements, src_data_rank=place % mesh.size())
        found.append(shards.to_local())
    return found


def _has_bfloat16(tensor: Tensor) -> bool:
    """Elsewhere bfloat16 products are emulated, and half as fast as those of float32."""
    return tensor.is_cuda or (tensor.device.type == "cpu" and torch.cpu._is_avx512_bf16_supported())


class Muon(Optimizer):
    """Nesterov momentum, orthogonalised; the step of a [rows, columns] matrix is scaled by sqrt(max(1, rows/columns)).

    For 2-D weights inside blocks only, whole or in shards; weight decay is decoupled, as in AdamW.
    """

    def __init__(
        self, params: Iterable[Tensor], *, lr: float = 0.02, momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        super().__init__(list(params), {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.ndim != 2:
                    raise ValueError(f"Muon takes matrices, not a parameter of shape {tuple(parameter.shape)}")

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One update of every parameter that has a gradient."""
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    by_shape[parameter.shape].append(parameter)
            for parameters in by_shape.values():
                self._step_shape(parameters, group["lr"], group["momentum"], group["weight_decay"])

    def _step_shape(self, parameters: list[Tensor], rate: float, momentum: float, decay: float) -> None:
        """The same update for all matrices of one shape, in one batch of products."""
        gradients = [here(parameter.grad) for parameter in parameters if parameter.grad is not None]
        buffers = [here(self._buffer(parameter)) for parameter in parameters]
        torch._foreach_lerp_(buffers, gradients, 1.0 - momentum)
        ahead = torch._foreach_lerp(gradients, buffers, momentum)
        if is_sharded(parameters[0]):
            updates = orthogonalized_together(ahead, parameters)
        else:
            updates = list(orthogonalized(torch.stack(ahead)).unbind())
        rows, columns = parameters[0].shape
        weights = [here(parameter) for parameter in parameters]
        if decay:
            torch._foreach_mul_(weights, 1.0 - rate * decay)
        torch._foreach_add_(weights, updates, alpha=-rate * max(1.0, rows / columns) ** 0.5)

    def _buffer(self, parameter: Tensor) -> Tensor:
        state = self.state[parameter]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(parameter)
        momentum: Tensor = state["momentum"]
        return momentum
