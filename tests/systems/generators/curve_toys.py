"""Latents that do what their curves say, so that following curves can be learned in seconds."""

from __future__ import annotations

import torch
from torch import Tensor

from songloom.data.batch import Batch
from songloom.systems.generators.flow import Flow


def toy(base: Flow, items: int, frames: int = 40) -> tuple[Batch, Tensor]:
    """Latents whose first channel is the level that the curve of dynamics asks for, and whose second is up in beats of
    the rhythm's curve; the others are noise. Gives the two channels too [B, 2, F]."""
    width, rate = base.codec.latent_width, base.codec.frame_rate
    curves = torch.zeros(items, 15, frames)
    walk = torch.randn(items, frames).cumsum(1)
    level = (walk - walk.mean(1, keepdim=True)) / walk.std(1, keepdim=True)
    curves[:, 12] = (-25 + 6 * level).clamp(-70, -5)
    steps = torch.arange(frames)
    period, phase = torch.randint(5, 11, (items, 1)), torch.randint(0, 5, (items, 1))
    curves[:, 13] = ((steps + phase) % period == 0).float()
    truth = torch.stack([(curves[:, 12] + 25) / 6, 2 * curves[:, 13] - 0.3], dim=1)
    latents = torch.randn(items, width, frames)
    latents[:, :2] = truth
    batch = Batch(
        texts=("music",) * items,
        labels=({},) * items,
        ids=("toy",) * items,
        start=torch.zeros(items),
        seconds=torch.full((items,), frames / rate),
        total=torch.full((items,), frames / rate),
        mask=torch.ones(items, frames, dtype=torch.bool),
        latents=latents,
        curves=curves,
    )
    return batch, truth


def errors(found: Tensor, truth: Tensor) -> Tensor:
    """The root mean square error [2] of both channels."""
    return (found - truth).square().mean((0, 2)).sqrt()
