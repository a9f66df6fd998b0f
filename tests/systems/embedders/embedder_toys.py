"""Six sounds that anyone could name, and tiny embedders that have heard them a few times."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from songloom.data.batch import Batch
from songloom.systems import registry
from songloom.systems.embedders.two_tower import TwoTower, TwoTowerSettings
from songloom.systems.roles import Embedder
from songloom.training.optimisation import make_optimizers, rate_factor, set_rates

TEXTS = ("low organ", "high whistle", "noise", "ticking clock", "two notes in turn", "a rising siren")


def build(settings: TwoTowerSettings) -> TwoTower:
    torch.manual_seed(0)
    system: TwoTower = settings.build()
    system.call_opponents()
    return system


def settings_of(name: str) -> TwoTowerSettings:
    settings = registry.presets()[name]
    assert isinstance(settings, TwoTowerSettings)
    return settings


def sounds(system: Embedder, seed: int, repeats: int = 1) -> Batch:
    """Six kinds of sound that anyone could name, each `repeats` times with its own phase, level and noise."""
    generator = torch.Generator().manual_seed(seed)
    rate, samples = system.sample_rate, round(system.window_seconds * system.sample_rate)
    time = torch.arange(samples) / rate
    rows: list[Tensor] = []
    for _ in range(repeats):
        phase, off = 6.28 * torch.rand(6, generator=generator), 1 + 0.02 * torch.randn(6, generator=generator)
        turn = torch.where((4 * time).long() % 2 == 0, 330.0, 990.0)
        pitches = (110 * off[0], 2500 * off[1], 0 * off[2], 3000 * off[3], turn * off[4], 300 + 1500 * time * off[5])
        tones = [torch.sin(6.28 * torch.as_tensor(pitch) * time + phase[place]) for place, pitch in enumerate(pitches)]
        tones[2] = torch.randn(samples, generator=generator)
        tones[3] = tones[3] * torch.exp(-60 * (time % 0.125))
        levels = 0.1 + 0.3 * torch.rand(6, 1, generator=generator)
        rows.append(levels * torch.stack(tones) + 0.01 * torch.randn(6, samples, generator=generator))
    count = 6 * repeats
    return Batch(
        texts=TEXTS * repeats,
        labels=({},) * count,
        ids=tuple(map(str, range(count))),
        start=torch.zeros(count),
        seconds=torch.full((count,), system.window_seconds),
        total=torch.full((count,), system.window_seconds),
        mask=torch.ones(count, samples, dtype=torch.bool),
        sample_rate=rate,
        wave=torch.cat(rows)[:, None],
    )


def taught(name: str, *, steps: int) -> TwoTower:
    """A tiny preset after a few steps of its recipe, in eval mode."""
    system = build(settings_of(name)).train()
    recipe = replace(type(system).recipe(name), steps=steps)
    optimizers = make_optimizers(system, recipe)
    system.prepare([sounds(system, 0, 2)])
    for step in range(steps):
        torch.manual_seed(step)
        losses = system.losses(sounds(system, step, 2), step=step)
        torch.stack([value for part, value in losses.items() if not part.startswith("~")]).sum().backward()
        set_rates(optimizers, rate_factor(step, recipe))
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
    return system.eval()
