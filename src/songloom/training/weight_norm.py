"""Weight norm as an optimiser: AdamW moves the lengths and the directions of rows, the model holds their product.

Salimans & Kingma 2016 (arXiv 1602.07868), equations 2 and 3: w = g v / |v|, the norm over all axes but the first, as
the published DAC, EnCodec and Stable Audio's VAE train their convolutions. Here g and v are the optimiser's memory: the
weights of the model are plain at every step, so that a forward, an average, a checkpoint and its export know of no
factors, and nothing has to be folded. Shards of weights are whole rows, so each process moves its own alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.adamw import adamw

from songloom.layers.conv import TransposedConv1d
from songloom.training.sharding import here

SMALLEST = 1e-12
"""A length from which a row has a direction."""
FACTORS = ("direction", "length")
MEANS = ("mean", "square")
"""Of AdamW: those of the gradient and of its square."""
CONVOLUTIONS = (nn.Conv1d, nn.ConvTranspose1d, TransposedConv1d)
PROJECTIONS = ("inside", "outside")
"""A codebook's own, which are convolutions of one sample in the published models."""


def norm_names(system: nn.Module) -> set[str]:
    """Names of the weights that are normed: those of convolutions over time, and of the projections of codebooks."""
    return {
        f"{name}.weight"
        for name, module in system.named_modules()
        if isinstance(module, CONVOLUTIONS)
        or (isinstance(module, nn.Linear) and name.rpartition(".")[2] in PROJECTIONS)
    }


def lengths(rows: Tensor) -> Tensor:
    """Norms of a tensor's rows [C, ...] -> [C, 1, ...]."""
    return torch.linalg.vector_norm(rows, dim=tuple(range(1, rows.ndim)), keepdim=True)


class NormedAdamW(Optimizer):
    """AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101) on g and v of every weight; both decay."""

    def __init__(
        self,
        params: Iterable[Tensor],
        *,
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(list(params), {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.ndim < 2:
                    raise ValueError(f"weight norm takes rows of numbers, not a parameter of {tuple(parameter.shape)}")

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One update of every parameter that has a gradient."""
        for group in self.param_groups:
            moved = [parameter for parameter in group["params"] if parameter.grad is not None]
            if moved:
                self._step_group(moved, group)

    def _step_group(self, moved: list[Tensor], group: dict[str, Any]) -> None:
        states = [{name: here(kept) for name, kept in self._memory(weight).items()} for weight in moved]
        weights, gradients = [here(weight) for weight in moved], [here(_gradient(weight)) for weight in moved]
        directions, rows = [state["direction"] for state in states], [state["length"] for state in states]
        by_direction, by_length = [], []
        for gradient, v, g in zip(gradients, directions, rows, strict=True):
            norm = lengths(v).clamp_min_(SMALLEST)
            along = (gradient * v).sum(tuple(range(1, v.ndim)), keepdim=True) / norm  # equation 3
            by_length.append(along)
            by_direction.append((gradient - along * v / norm) * (g / norm))
        means, squares, steps = (
            [state[f"{factor}_{kind}"] for factor in FACTORS for state in states] for kind in (*MEANS, "step")
        )
        adamw(
            [*directions, *rows],
            [*by_direction, *by_length],
            means,
            squares,
            [],
            steps,
            foreach=True,
            amsgrad=False,
            beta1=group["betas"][0],
            beta2=group["betas"][1],
            lr=group["lr"],
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            maximize=False,
        )
        for weight, v, g in zip(weights, directions, rows, strict=True):
            torch.mul(v, g / lengths(v).clamp_min_(SMALLEST), out=weight)

    def _memory(self, weight: Tensor) -> dict[str, Tensor]:
        """The factors of a weight, as it stands when it is first moved, and their means."""
        state: dict[str, Tensor] = self.state[weight]
        if not state:
            state["direction"], state["length"] = weight.detach().clone(), lengths(weight.detach())
            for factor in FACTORS:
                state |= {f"{factor}_{kind}": torch.zeros_like(state[factor]) for kind in MEANS}
                state[f"{factor}_step"] = torch.zeros(())
        return state


def _gradient(weight: Tensor) -> Tensor:
    assert weight.grad is not None
    return weight.grad
