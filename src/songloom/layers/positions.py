"""Rotary position embeddings: queries and keys turn with their place (Su et al. 2021, RoFormer)."""

from __future__ import annotations

import torch
from torch import Tensor


def rotary_tables(positions: Tensor, width: int, base: float = 10_000.0) -> tuple[Tensor, Tensor]:
    """Cosines and sines [L, width / 2] for positions [L] of heads of `width`, which must be even."""
    if width % 2:
        raise ValueError(f"rotary positions need an even head width, not {width}")
    rates = base ** (-torch.arange(0, width, 2, device=positions.device, dtype=torch.float32) / width)
    angles = positions.to(torch.float32)[:, None] * rates
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """[..., L, width] with dimension pairs (i, i + width / 2) turned by the angles of tables [L, width / 2]."""
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cosines - second * sines, second * cosines + first * sines], dim=-1)


def sinusoids(positions: Tensor, width: int, base: float = 10_000.0) -> Tensor:
    """Vectors [L, width] for positions [L]: cosines, then sines, at rates from 1 to 1 / base (Vaswani et al. 2017,
    section 3.5, in the order of tensor2tensor)."""
    if width % 2 or width < 4:
        raise ValueError(f"sinusoidal positions need an even width of 4 or more, not {width}")
    places = torch.arange(width // 2, device=positions.device, dtype=torch.float32)
    angles = positions.to(torch.float32)[:, None] / base ** (places / (width // 2 - 1))
    return torch.cat([angles.cos(), angles.sin()], dim=-1)
