"""Tones with captions for any tiny system: item n of a step is the same whichever process asks for it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from songloom.data.batch import Batch
from songloom.systems.roles import System

TEXTS = ("calm piano", "furious metal", "slow waltz", "", "calm piano")
LABELS = {"tempo": 120.0, "downbeats": [0.0, 2.0], "tonic": 9, "mode": "minor", "drums": True, "meter": "4/4"}
RANDN = torch.randn
"""Before a test changes what it draws."""


@dataclass(frozen=True)
class Music:
    """What `rank` sees, as waves in the form that `system` takes."""

    system: System
    rank: int = 0

    def whole(self) -> Music:
        return Music(self.system)

    def batch(self, step: int, *, batch_size: int, crop_seconds: float) -> Batch:
        items = range(self.rank * batch_size, (self.rank + 1) * batch_size)
        samples = max(1, round(crop_seconds * self.system.sample_rate))
        texts = tuple(TEXTS[item % len(TEXTS)] for item in items)
        return Batch(
            texts=texts,
            labels=tuple(LABELS if item % 2 else {} for item in items),
            ids=texts,
            start=torch.zeros(batch_size),
            seconds=torch.full((batch_size,), samples / self.system.sample_rate),
            total=torch.full((batch_size,), 4.0),
            mask=torch.ones(batch_size, samples, dtype=torch.bool),
            sample_rate=self.system.sample_rate,
            wave=torch.stack([self._tones(step, item, samples) for item in items]),
        )

    def _tones(self, step: int, item: int, samples: int) -> Tensor:
        """A decaying tone in each channel, with a little noise: [C, T]."""
        time = torch.arange(samples) / self.system.sample_rate
        pitches = 110.0 * 2 ** ((5 * item + step + torch.arange(self.system.channels)) % 24 / 12)
        tones = torch.sin(2 * math.pi * pitches[:, None] * time) * torch.exp(-4 * (time % 0.25))
        noise = RANDN(tones.shape, generator=torch.Generator().manual_seed(100 * step + item))
        return 0.4 * tones + 0.01 * noise
