"""Few steps instead of many: a flow learns to go along straight pieces where a teacher's path bends.

Yan et al. 2024, "PeRFlow: Piecewise Rectified Flow as Universal Plug-and-Play Accelerator" (arXiv 2405.07510): time is
cut where the sampler will step. From real data, noised to the beginning of a piece, the trained model goes to its end
in steps of its own, and the student learns the straight way there (section 3.1). Nothing has to be sampled in advance,
as for reflow (Liu et al. 2022). The teacher goes under guidance, so the student needs none, which halves its work once
more (Meng et al. 2023, "On Distillation of Guided Diffusion Models", arXiv 2210.03142).
"""

from __future__ import annotations

import torch
from torch import Tensor

from songloom.diffusion.latent_diffusion import Predict
from songloom.diffusion.processes import Flow, Process
from songloom.diffusion.times import uniform


def checked_flow(process: Process) -> None:
    """Raises ValueError unless the network's output is the slope of the path."""
    if not isinstance(process, Flow) or process.config.prediction != "velocity":
        raise ValueError("only a flow that predicts its velocity can be straightened")


def straight_losses(
    student: Predict, teacher: Predict, latents: Tensor, mask: Tensor, visited: Tensor, *, strides: int
) -> dict[str, Tensor]:
    """The mean square error of the student's velocity at the beginning of a piece, over the frames of `mask` [B, F] of
    latents [B, D, F]; and what part of the bend it has learned, 0 for a student that is the teacher still.

    `visited` [steps + 1] are the times that the sampler will step at, 1 to 0. The teacher takes `strides` of Heun's
    for each piece."""
    drawn = (uniform(len(latents)) * (len(visited) - 1)).long().clamp_max(len(visited) - 2)
    begin, end = (visited[place].to(latents) for place in (drawn, drawn + 1))
    x = latents + begin[:, None, None] * (torch.randn_like(latents) - latents)
    with torch.no_grad():
        target = (carried(teacher, x, begin, end, strides) - x) / (end - begin)[:, None, None]
        bend = (teacher(x, begin) - target).square().mean(1)
    error = (student(x, begin) - target).square().mean(1)
    count = mask.sum().clamp_min(1)
    mean, before = (error * mask).sum() / count, (bend * mask).sum() / count
    return {"straight": mean, "~learned": 1 - (mean / before.clamp_min(1e-12)).detach()}


def carried(velocity: Predict, x: Tensor, begin: Tensor, end: Tensor, strides: int) -> Tensor:
    """x [B, D, F] along a velocity from times `begin` [B] to `end` [B] in so many equal strides of Heun's method; the
    last one to time 0 is Euler's, as nothing is left there to be told from."""
    for stride in range(strides):
        here = begin + (end - begin) * stride / strides
        there = begin + (end - begin) * (stride + 1) / strides
        step = (there - here)[:, None, None]
        first = velocity(x, here)
        second = torch.where((there > 0)[:, None, None], velocity(x + step * first, there), first)
        x = x + step / 2 * (first + second)
    return x
