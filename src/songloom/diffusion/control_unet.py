"""ControlNet beside a U-Net, as it was first made: its way down and its middle are copied.

Zhang et al. 2023 (arXiv 2302.05543, section 3.2). Curves enter as an image of their own, one column of rows for each
frame, as Wu et al. 2023 have it for spectrograms (arXiv 2311.07069, section IV-A).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from einops import rearrange
from torch import Tensor, nn

from songloom.conditioning.curve_batch import CurveConditioner, Curves
from songloom.diffusion.control import ControlNet, zeros
from songloom.layers.unet import Sequences, Unet, UnetGiven
from songloom.layers.unet_blocks import CONVOLUTIONS


class UnetControl(ControlNet):
    """The copy of a U-Net's way down and middle; its images have `rows` M."""

    def __init__(self, network: Unet, rows: int) -> None:
        super().__init__()
        conv, widths = CONVOLUTIONS[network.shape.axes], network.shape.widths
        self.copy: Unet = copy.deepcopy(network).requires_grad_(True)
        del self.copy.up, self.copy.twices, self.copy.norm, self.copy.leave  # it predicts nothing by itself
        self.curves = CurveConditioner(widths[0] * rows)
        self.out = nn.ModuleList(zeros(conv(width, width, 1)) for width in [*network.passed_widths(), widths[-1]])
        self.rows = rows

    def forward(self, image: Tensor, times: Tensor, given: UnetGiven, hint: Tensor) -> list[Tensor]:
        """Noisy images [B, C, F, M] -> what is added to all that is passed, and to the middle."""
        states = self.copy.states(image, times, given, hint)
        return [projection(state) for projection, state in zip(self.out, states, strict=True)]

    def steering(self, network: nn.Module, curves: Curves) -> nn.Module:
        return SteeredUnet(cast(Unet, network), self, curves)


@dataclass(frozen=True, slots=True)
class BothUnetsGiven:
    """What stays from step to step, of a frozen U-Net and of the control beside it, with the image of its curves."""

    frozen: UnetGiven
    beside: UnetGiven
    hint: Tensor


class SteeredUnet(nn.Module):
    """A frozen U-Net with a control beside it."""

    def __init__(self, network: Unet, control: UnetControl, curves: Curves) -> None:
        super().__init__()
        self.network, self.control, self.under = network, control, curves

    def given(self, sequences: Sequences = (), vector: Tensor | None = None) -> BothUnetsGiven:
        """As the network's own."""
        rows = len(sequences[0][0]) if vector is None else len(vector)
        hint = rearrange(self.control.hints(self.under, rows), "b f (d m) -> b d f m", m=self.control.rows)
        return BothUnetsGiven(self.network.given(sequences, vector), self.control.copy.given(sequences, vector), hint)

    def together(self, parts: Sequence[BothUnetsGiven]) -> BothUnetsGiven:
        """As the network's own; the curves are the same for all."""
        frozen, beside = [part.frozen for part in parts], [part.beside for part in parts]
        hint = rearrange([part.hint for part in parts], "b rows ... -> (rows b) ...")
        return BothUnetsGiven(Unet.together(frozen), Unet.together(beside), hint)

    def forward(self, image: Tensor, times: Tensor, given: BothUnetsGiven) -> Tensor:
        """As the network's own."""
        return self.network(image, times, given.frozen, self.control(image, times, given.beside, given.hint))
