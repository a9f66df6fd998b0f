"""Classifier-free guidance (Ho & Salimans 2022), written once, for logits and for noise or velocities alike."""

from __future__ import annotations

import torch
from torch import Tensor


def paired(conditional: Tensor, unconditional: Tensor) -> Tensor:
    """Both halves in one batch, [B, ...] and [B, ...] -> [2 B, ...], the conditional one first."""
    if conditional.shape != unconditional.shape:
        raise ValueError(f"guidance needs two halves alike: {tuple(conditional.shape)}, {tuple(unconditional.shape)}")
    return torch.cat([conditional, unconditional])


def guide(prediction: Tensor, scale: float) -> Tensor:
    """[2 B, ...] of `paired` inputs -> [B, ...]: u + scale (c - u). 1 is the conditional half, 0 the other."""
    conditional, unconditional = prediction.chunk(2)
    return unconditional.lerp(conditional, scale)


def rescaled(guided: Tensor, conditional: Tensor, share: float) -> Tensor:
    """A guided prediction [B, ...] brought back to the deviation that each item of the conditional one [B, ...] has,
    and mixed with itself: `share` 0 leaves it, 1 takes all of it (Lin et al. 2023, arXiv 2305.08891, eq. 15, 16)."""
    axes = tuple(range(1, guided.ndim))
    ratio = conditional.std(axes, keepdim=True) / guided.std(axes, keepdim=True).clamp_min(1e-8)
    return guided * (1 + share * (ratio - 1))
