"""Numbers, such as seconds, as vectors of a model's width (Stable Audio's timing conditions, arXiv 2402.04825)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class NumberEmbedding(nn.Module):
    """Values from `least` to `most`, what is beyond is taken for the nearest -> vectors by waves of random rates (which
    come with published weights)."""

    rates: Tensor

    def __init__(self, width: int, least: float, most: float, features: int = 256) -> None:
        super().__init__()
        if not least < most or features < 2:
            raise ValueError(f"numbers from {least:g} to {most:g} by {features} features; needs a range and 2 or more")
        self.least, self.most = least, most
        self.register_buffer("rates", torch.randn(features // 2))
        self.project = nn.Linear(2 * (features // 2) + 1, width)

    def forward(self, values: Tensor) -> Tensor:
        """[B] -> [B, width]."""
        part = ((values.clamp(self.least, self.most) - self.least) / (self.most - self.least)).to(self.rates)[:, None]
        angles = 2 * math.pi * part * self.rates
        return self.project(torch.cat([part, angles.sin(), angles.cos()], dim=-1))
