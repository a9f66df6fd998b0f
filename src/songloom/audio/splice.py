"""Parts of one wave put into another without a click."""

from __future__ import annotations

import torch
from torch import Tensor


def spliced(original: Tensor, made: Tensor, kept: Tensor, fade: int) -> Tensor:
    """`original` [..., T] exactly where `kept` [T] is True, `made` [..., T] more than `fade` samples away from there,
    and a linear passage between."""
    distance = steps_away(kept).to(made.device)
    weight = (1 - distance / (fade + 1)).clamp_min(0).to(made)
    return torch.where(kept.to(made.device), original, made + weight * (original - made))


def steps_away(marked: Tensor) -> Tensor:
    """How many samples [T] each is away from the nearest that is `marked` [T]; T where none is."""
    size = marked.shape[-1]
    places = torch.arange(size, device=marked.device)
    before = places - torch.where(marked, places, -size).cummax(0).values
    after = torch.where(marked, places, 2 * size).flip(0).cummin(0).values.flip(0) - places
    return torch.minimum(before, after).clamp_max(size)
