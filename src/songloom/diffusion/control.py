"""ControlNet: a trainable copy beside a frozen network, which adds to it what new conditions ask for.

Zhang et al. 2023 (arXiv 2302.05543): the copy of the network's first half takes the conditions through a projection
that begins at zero, and gives what comes out of each of its blocks to the same block of the frozen one, through
projections that begin at zero too. So training starts from exactly the frozen network. A transformer has no encoder to
copy: its first blocks are taken (Chen et al. 2024, PixArt-delta, arXiv 2401.05252, section 2.2; Hou et al. 2024, arXiv
2410.05151, for Stable Audio's).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from songloom.conditioning.curve_batch import CurveConditioner, Curves, unknown
from songloom.layers.dit import Dit, Given


@dataclass(frozen=True, slots=True)
class Both:
    """What stays from step to step, of the frozen network and of the one beside it."""

    frozen: Given
    beside: Given


class ControlNet(nn.Module):
    """The copy of the first `depth` blocks of a transformer, and the projections from and to it; `patch` frames of the
    conditions belong to one of its positions."""

    def __init__(self, network: Dit, depth: int, patch: int) -> None:
        super().__init__()
        if not 1 <= depth <= len(network.blocks):
            raise ValueError(f"{depth} blocks are to be copied; the network has {len(network.blocks)}")
        width = network.shape.width
        self.copy = copy.deepcopy(network).requires_grad_(True)
        del self.copy.blocks[depth:]
        del self.copy.leave, self.copy.leave_mix  # it predicts nothing by itself
        self.curves = CurveConditioner(width, patch)
        self.out = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        for projection in self.out:
            nn.init.zeros_(cast(nn.Linear, projection).weight)
            nn.init.zeros_(cast(nn.Linear, projection).bias)

    def begin_as(self, network: Dit) -> None:
        """Takes over the weights of the network that it stands beside."""
        own = self.copy.state_dict()
        self.copy.load_state_dict({name: weight for name, weight in network.state_dict().items() if name in own})

    def forward(self, x: Tensor, times: Tensor, given: Given) -> list[Tensor]:
        """Noisy latents [B, C, F] -> what is added after each of the first blocks [B, S, D]."""
        states = self.copy.states(x, times, given)
        return [projection(state) for projection, state in zip(self.out, states, strict=True)]


class Steered(nn.Module):
    """A frozen network with a ControlNet beside it, under curves; it stands wherever the network did. The half of a
    batch that guidance moves away from has no curves."""

    def __init__(self, network: Dit, control: ControlNet, curves: Curves) -> None:
        super().__init__()
        self.network, self.control, self.under = network, control, curves

    def given(
        self,
        *,
        tokens: Tensor | None = None,
        vector: Tensor | None = None,
        prefix: Tensor | None = None,
        aligned: Tensor | None = None,
    ) -> Both:
        """As the network's own."""
        frozen = self.network.given(tokens=tokens, vector=vector, prefix=prefix, aligned=aligned)
        rows = max(len(part) for part in (tokens, vector, prefix, aligned) if part is not None)
        asked = self.control.curves(self.under)
        if rows == 2 * len(asked):
            free = unknown(len(asked), self.under.values.shape[-1]).to(asked.device)
            asked = torch.cat([asked, self.control.curves(free)])
        with_curves = asked if aligned is None else aligned + asked
        return Both(frozen, self.control.copy.given(tokens=tokens, vector=vector, prefix=prefix, aligned=with_curves))

    def forward(self, x: Tensor, times: Tensor, given: Both) -> Tensor:
        """As the network's own."""
        return self.network(x, times, given.frozen, self.control(x, times, given.beside))
