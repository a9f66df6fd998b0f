"""ControlNet: a trainable copy beside a frozen network, which adds to it what new conditions ask for.

Zhang et al. 2023 (arXiv 2302.05543): the copy of the network's first half takes the conditions through a projection
that begins at zero, and gives what comes out of each of its blocks to the same block of the frozen one, through
projections that begin at zero too. So training starts from exactly the frozen network. Of a U-Net the
way down and the middle are copied. A transformer has no such half: its first blocks are taken (Chen et al. 2024,
PixArt-delta, arXiv 2401.05252, section 2.2; Hou et al. 2024, arXiv 2410.05151, for Stable Audio's).
"""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

import torch
from torch import Tensor, nn

from songloom.conditioning.curve_batch import CurveConditioner, Curves, unknown
from songloom.layers.dit import Dit, Given

L = TypeVar("L", bound=nn.Module)


class ControlNet(nn.Module):
    """The copy of a part of a network, and the projections from it, `out`, that begin at zero."""

    copy: nn.Module
    curves: CurveConditioner
    out: nn.ModuleList

    def begin_as(self, network: nn.Module) -> None:
        """Takes over the weights of the network that it stands beside."""
        own = self.copy.state_dict()
        self.copy.load_state_dict({name: weight for name, weight in network.state_dict().items() if name in own})

    @abstractmethod
    def steering(self, network: nn.Module, curves: Curves) -> nn.Module:
        """What stands in the place of the network: itself and this beside it, under curves. The half of a batch that
        guidance moves away from has none."""

    def hints(self, curves: Curves, rows: int) -> Tensor:
        """What the conditioner makes of curves for a batch of `rows`: as many, or twice as many with guidance."""
        asked: Tensor = self.curves(curves)
        if rows == len(asked):
            return asked
        free = unknown(len(asked), curves.values.shape[-1]).to(asked.device)
        return torch.cat([asked, self.curves(free)])


class TransformerControl(ControlNet):
    """Beside a transformer: a copy of its first `depth` blocks; `patch` frames of the curves belong to one of its
    positions."""

    def __init__(self, network: Dit, depth: int, patch: int) -> None:
        super().__init__()
        if not 1 <= depth <= len(network.blocks):
            raise ValueError(f"{depth} blocks are to be copied; the network has {len(network.blocks)}")
        width = network.shape.width
        self.copy: Dit = copy.deepcopy(network).requires_grad_(True)
        del self.copy.blocks[depth:]
        del self.copy.leave, self.copy.leave_mix  # it predicts nothing by itself
        self.curves = CurveConditioner(width, patch)
        self.out = nn.ModuleList(zeros(nn.Linear(width, width)) for _ in range(depth))

    def forward(self, x: Tensor, times: Tensor, given: Given) -> list[Tensor]:
        """Noisy latents [B, C, F] -> what is added after each of the first blocks [B, S, D]."""
        states = self.copy.states(x, times, given)
        return [projection(state.to(x)) for projection, state in zip(self.out, states, strict=True)]

    def steering(self, network: nn.Module, curves: Curves) -> nn.Module:
        return SteeredTransformer(cast(Dit, network), self, curves)


@dataclass(frozen=True, slots=True)
class BothGiven:
    """What stays from step to step, of a frozen transformer and of the control beside it."""

    frozen: Given
    beside: Given


class SteeredTransformer(nn.Module):
    """A frozen transformer with a control beside it."""

    def __init__(self, network: Dit, control: TransformerControl, curves: Curves) -> None:
        super().__init__()
        self.network, self.control, self.under = network, control, curves

    def given(
        self,
        *,
        tokens: Tensor | None = None,
        vector: Tensor | None = None,
        prefix: Tensor | None = None,
        aligned: Tensor | None = None,
    ) -> BothGiven:
        """As the network's own."""
        rows = max(len(part) for part in (tokens, vector, prefix, aligned) if part is not None)
        hints = self.control.hints(self.under, rows)
        listened = hints if aligned is None else aligned + hints
        return BothGiven(
            self.network.given(tokens=tokens, vector=vector, prefix=prefix, aligned=aligned),
            self.control.copy.given(tokens=tokens, vector=vector, prefix=prefix, aligned=listened),
        )

    def together(self, parts: Sequence[BothGiven]) -> BothGiven:
        """As the network's own; the curves are the same for all."""
        frozen, beside = [part.frozen for part in parts], [part.beside for part in parts]
        return BothGiven(Dit.together(frozen), Dit.together(beside))

    def forward(self, x: Tensor, times: Tensor, given: BothGiven) -> Tensor:
        """As the network's own."""
        return self.network(x, times, given.frozen, self.control(x, times, given.beside))


def zeros(layer: L) -> L:
    """A linear layer or convolution whose weights are all 0."""
    for weight in layer.parameters():
        nn.init.zeros_(weight)
    return layer
