"""A codec and a token model of a few hundred weights, and a corpus of short sines, for the training tests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from torch import Tensor, nn

from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.objectives.adversaries import Adversary
from songloom.objectives.balancer import Balancer
from songloom.objectives.discriminators.multi_period import MultiPeriod
from songloom.objectives.discriminators.multi_scale_stft import MultiScaleStft
from songloom.recipe import Recipe
from songloom.systems.roles import Codec, System

RATE, HOP, ENTRIES = 4000, 40, 16


class ToyCodec(Codec, kind="toy-codec"):
    """Frames through a linear bottleneck; one fixed scalar quantizer per stream; counts its steps in a buffer."""

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        width: int = 4
        noise: float = 0.1

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.inside = nn.Linear(HOP, config.width)
        self.outside = nn.Linear(config.width, HOP)
        self.blocks = nn.ModuleList([nn.Linear(config.width, config.width) for _ in range(2)])
        self.register_buffer("seen", torch.zeros(()))

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        return {"toy-codec-tiny": cls.Config()}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        return Recipe(steps=12, batch_size=4, seconds=0.5, warmup=3, learning_rate=3e-3)

    sample_rate = RATE
    channels = 1
    hop_length = HOP
    streams = 4
    codebook_size = ENTRIES
    latent_width = 4

    def encode(self, wave: Tensor) -> Tensor:
        frames = wave[:, 0].unflatten(-1, (-1, HOP))
        return torch.tanh(self.inside(frames)).mT

    def decode(self, latents: Tensor, *, length: int | None = None) -> Tensor:
        x = latents.mT
        for block in self.blocks:
            x = x + block(x)
        return self.outside(x).flatten(1)[:, None, :length]

    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        return ((latents[:, :streams] + 1) / 2 * (ENTRIES - 1)).round().long()

    def dequantize(self, codes: Tensor) -> Tensor:
        return codes / (ENTRIES - 1) * 2 - 1

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        assert batch.wave is not None
        if self.training:
            self.seen += 1
        latents = self.encode(batch.wave)
        noisy = latents + self.config.noise * torch.randn_like(latents) * self.training
        return {"wave": (self.decode(noisy) - batch.wave).square().mean(), "~seen": self.seen.clone()}


class ToyRival(ToyCodec, kind="toy-rival"):
    """The toy codec against an adversary, its losses balanced where there is a balancer."""

    opponents = ("adversary", "balancer")

    @dataclass(frozen=True, kw_only=True)
    class Config(ToyCodec.Config):
        adversary: Adversary.Config = Adversary.Config(
            discriminators=(
                MultiPeriod.Config(periods=(2, 3), widths=(4, 8)),
                MultiScaleStft.Config(windows=(64,), width=4),
            ),
            share=0.5,
        )
        balancer: Balancer.Config | None = Balancer.Config(decay=0.9)

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.adversary: Adversary | None = None
        self.balancer: Balancer | None = None

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        return {"toy-rival": cls.Config(width=5), "toy-rival-tiny": cls.Config()}

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        assert batch.wave is not None and self.adversary is not None
        latents = self.encode(batch.wave)
        made = self.decode(latents + self.config.noise * torch.randn_like(latents) * self.training)
        played = self.adversary.losses(batch.wave, made, step=step)
        named = {name: played.pop(name) for name in ("adversarial", "features")}
        named["wave"] = (made - batch.wave).abs().mean()
        if self.balancer is None:
            return named | played
        reports = {f"~{name}": value.detach() for name, value in named.items()}
        return {"balanced": self.balancer(named, made)} | reports | played


class ToyModel(System, kind="toy-model"):
    """Predicts each frame's codes from the frame before."""

    frozen = ("codec",)

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        codec: ToyCodec.Config = ToyCodec.Config()
        width: int = 8

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.codec: ToyCodec = config.codec.build()
        self.embedding = nn.Embedding(ENTRIES, config.width)
        self.blocks = nn.ModuleList([nn.Linear(config.width, config.width) for _ in range(2)])
        self.head = nn.Linear(config.width, ENTRIES)

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        return {"toy-model-tiny": cls.Config()}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        return Recipe(inputs="codes", steps=10, batch_size=4, seconds=0.5, warmup=2, optimizer="muon", ema=0.9)

    sample_rate = RATE
    channels = 1

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        assert batch.codes is not None
        x = self.embedding(batch.codes)
        for block in self.blocks:
            x = x + torch.tanh(block(x))
        logits = self.head(x[..., :-1, :])
        return {"cross-entropy": nn.functional.cross_entropy(logits.flatten(0, 2), batch.codes[..., 1:].flatten())}


def write_sines(folder: Path, clips: int = 8, seconds: float = 1.0) -> Path:
    """A data set of `clips` sines, two of them for validation."""
    (folder / "audio").mkdir(parents=True, exist_ok=True)
    lines: list[dict[str, Any]] = []
    for number in range(clips):
        time = np.arange(round(seconds * RATE)) / RATE
        soundfile.write(folder / f"audio/{number}.wav", 0.5 * np.sin(2 * np.pi * 100 * (number + 1) * time), RATE)
        lines.append(
            {
                "id": f"sine-{number}",
                "audio": f"audio/{number}.wav",
                "seconds": seconds,
                "sample_rate": RATE,
                "channels": 1,
                "split": "valid" if number >= clips - 2 else "train",
                "captions": [f"a sine of {100 * (number + 1)} hertz"],
            }
        )
    (folder / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder
