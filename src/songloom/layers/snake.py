"""Snake: a periodic activation for waves, x + sin(a x)^2 / a for each channel.

Ziyin, Hartwig & Ueda 2020 (arXiv 2006.08195), eq. 3; the variant with a second parameter for the height is
BigVGAN's (arXiv 2206.04658) as Stable Audio uses it, both on a logarithmic scale.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

SMALL = 1e-9
"""Added to what is divided by, as in the published models."""


def snake(frames: Tensor, rate: Tensor, height: Tensor) -> Tensor:
    """x + height * sin(rate * x)^2 for frames [B, C, T]; rate and height [C]."""
    rate, height = rate[:, None], height[:, None]
    if torch.is_grad_enabled():
        return frames + height * torch.sin(rate * frames).square()
    swing = (rate * frames).sin_().square_()
    return torch.addcmul(frames, swing, height, out=swing)


class Snake(nn.Module):
    """x + sin(alpha x)^2 / alpha: [B, C, T] -> [B, C, T]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(width))

    def forward(self, frames: Tensor) -> Tensor:
        return snake(frames, self.alpha, 1 / (self.alpha + SMALL))


class SnakeBeta(nn.Module):
    """x + sin(exp(alpha) x)^2 / exp(beta): [B, C, T] -> [B, C, T]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.zeros(width))
        self.beta = nn.Parameter(torch.zeros(width))

    def forward(self, frames: Tensor) -> Tensor:
        return snake(frames, self.alpha.exp(), 1 / (self.beta.exp() + SMALL))
