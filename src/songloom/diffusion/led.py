"""Guidance away from something, learned: a straight flow goes by itself where it goes when it is led.

Meng et al. 2023, "On Distillation of Guided Diffusion Models" (arXiv 2210.03142): a student learns velocities that its
teacher has under guidance, which costs two passes a step, and needs one. It learns them along the way that the teacher
goes from noise in the sampler's own steps, as that is where it will be: no recording of what is asked for is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from songloom.diffusion.latent_diffusion import Predict


def away(toward: Predict, ways: Sequence[tuple[Predict, Tensor]]) -> Predict:
    """The velocity `toward` something, moved on by each scale [B] times its difference to the one that goes against."""

    def led(x: Tensor, time: Tensor) -> Tensor:
        wanted = found = toward(x, time)
        for against, scale in ways:
            found = found + scale.to(x)[:, None, None] * (wanted - against(x, time))
        return found

    return led


def led_losses(student: Predict, led: Predict, noise: Tensor, mask: Tensor, visited: Tensor) -> dict[str, Tensor]:
    """The mean square error of the student's velocities along the led way from noise [B, D, F], by Euler's steps
    between the times `visited` [steps + 1], over the frames of `mask` [B, F]."""
    x, error, count = noise, noise.new_zeros(()), mask.sum().clamp_min(1)
    for here, there in pairwise(visited.tolist()):
        time = torch.full((len(x),), here).to(x)
        with torch.no_grad():
            wanted = led(x, time)
        error = error + ((student(x, time) - wanted).square().mean(1) * mask).sum() / count
        x = x + (there - here) * wanted
    return {"led": error / (len(visited) - 1)}
