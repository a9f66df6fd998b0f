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
