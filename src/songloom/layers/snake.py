"""Snake: a periodic activation for waves, x + sin(a x)^2 / a for each channel.

Ziyin, Hartwig & Ueda 2020 (arXiv 2006.08195), eq. 3; the variant with a second parameter for the height is
BigVGAN's (arXiv 2206.04658) as Stable Audio uses it, both on a logarithmic scale.
"""

from __future__ import annotations

from typing import Any, Self

import torch
from torch import Tensor, nn

from songloom.layers.bend import SQUARED_SINE, Bend, state
from songloom.layers.passes import machine_code

SMALL = 1e-9
"""Added to what is divided by, as in the published models."""


def snake(frames: Tensor, bend: Bend) -> Tensor:
    """x + height * sin(rate * x)^2 for frames [B, C, T]."""
    if (fast := machine_code(frames)) is not None:
        return fast.snake(frames, bend)
    rate, height = bend.rate[:, None], bend.height[:, None]
    if torch.is_grad_enabled():
        return frames + height * torch.sin(rate * frames).square()
    if frames.dtype == torch.float32 and frames.device.type == "cpu":
        swing = squared_sine(rate / torch.pi * frames)
    else:
        swing = (rate * frames).sin_().square_()
    return torch.addcmul(frames, swing, height, out=swing)


def squared_sine(turns: Tensor) -> Tensor:
    """sin(pi t)^2 to 2e-6 of itself, for float32 on a processor whose sine takes as long as twelve other passes: a
    polynomial of the square of how far t is from a whole number. Overwrites t."""
    turns.sub_(turns.round()).square_()
    first, *others = SQUARED_SINE
    made = turns.new_tensor(others[0]).add(turns, alpha=first)
    for coefficient in others[1:]:
        torch.addcmul(turns.new_tensor(coefficient), made, turns, out=made)
    return made.mul_(turns)


class Snake(nn.Module):
    """x + sin(alpha x)^2 / alpha: [B, C, T] -> [B, C, T]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(width))
        self.kept: tuple[object, Bend] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Copies and other processes make the bend anew."""
        return self.__dict__ | {"kept": None}

    def train(self, mode: bool = True) -> Self:
        """Weights that lie in shards come back to the same place with no mark of their change."""
        self.kept = None if mode != self.training else self.kept
        return super().train(mode)

    @property
    def bend(self) -> Bend:
        """What the weights stand for; where no gradients are recorded, kept until they change."""
        if torch.is_grad_enabled():
            return self.made()
        now = state(*self.parameters())
        if self.kept is None or self.kept[0] != now:
            self.kept = now, self.made()
        return self.kept[1]

    def made(self) -> Bend:
        """The bend of the weights as they are."""
        return Bend(self.alpha, 1 / (self.alpha + SMALL))

    def forward(self, frames: Tensor) -> Tensor:
        return snake(frames, self.bend)


class SnakeBeta(Snake):
    """x + sin(exp(alpha) x)^2 / exp(beta): [B, C, T] -> [B, C, T]."""

    def __init__(self, width: int) -> None:
        super().__init__(width)
        nn.init.zeros_(self.alpha)
        self.beta = nn.Parameter(torch.zeros(width))

    def made(self) -> Bend:
        return Bend(self.alpha.exp(), 1 / (self.beta.exp() + SMALL))
