"""Stable Audio: a diffusion transformer over a VAE's latents, told the text and how long the piece is.

Evans et al. 2024, "Fast Timing-Conditioned Latent Audio Diffusion" (arXiv 2402.04825), "Long-form music generation
with latent diffusion" (arXiv 2404.10301, which brought the transformer) and "Stable Audio Open" (arXiv 2407.14358).
Idea: 44.1 kHz stereo becomes 64 numbers at 21.5 Hz; a v-prediction network denoises a whole window of them, and the
second at which the clip starts and the seconds of the whole piece are conditions, so one network makes pieces of
any length that fit. They enter twice: beside the text by cross-attention, and with the time as the first token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom.conditioning.numbers import NumberEmbedding
from songloom.conditioning.t5 import T5
from songloom.conditioning.text_encoders import MiniLMEncoder, TextEncoder
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.diffusion.latent_diffusion import Predict, Scaling, guided
from songloom.diffusion.processes import Flow
from songloom.layers.dit import Dit, DitShape, Given
from songloom.layers.matrices import Precision
from songloom.recipe import Recipe
from songloom.systems.codecs.oobleck import Oobleck
from songloom.systems.latent_generator import LatentGenerator, LatentSettings, Sampling, Stretch
from songloom.systems.request import Request

Seconds = Literal["start", "total"]
PASSES = 3
"""Of the later steps of windows that go on from one before."""


class StableAudio(LatentGenerator, kind="stable-audio"):
    """Text, start and total seconds -> latents -> music."""

    summary = "Stable Audio: timed latent diffusion by a transformer, 44.1 kHz stereo; inpainting, init, continuation"

    precisions: ClassVar[tuple[Precision, ...]] = ("float32", "bfloat16", "int8")

    @dataclass(frozen=True, kw_only=True)
    class Config(LatentSettings):
        """Texts have `text_length` tokens of `condition_width`, zeros after their end, which are attended to;
        `seconds` up to `most_seconds` are told. `window` frames are made at once: always all of them where
        `whole_window`, as the published models were trained, else as many as the piece needs. Conditions are hidden
        at the rate `condition_dropout` in training."""

        codec: Settings = field(default_factory=Oobleck.Config)
        scaling: Scaling = "none"
        text: Settings = field(default_factory=lambda: T5.Config(longest=128))
        text_length: int = 128
        condition_width: int = 768
        seconds: tuple[Seconds, ...] = ("start", "total")
        most_seconds: float = 512.0
        shape: DitShape = field(default_factory=DitShape)
        window: int = 1024
        whole_window: bool = True
        condition_dropout: float = 0.1
        sampling: Sampling = field(default_factory=lambda: Sampling(passes=PASSES))

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.text: TextEncoder = config.text.build()
        self.text.requires_grad_(False).eval()
        if self.text.stored:
            self.frozen = ("codec", "text")
        width = config.condition_width
        self.project_text = nn.Linear(self.text.width, width) if self.text.width != width else None
        self.seconds = nn.ModuleDict(
            {name: NumberEmbedding(width, 0.0, config.most_seconds) for name in config.seconds}
        )
        self.dit = Dit(
            config.shape,
            channels=self.codec.latent_width,
            token_width=width,
            vector_width=width * len(config.seconds),
        )

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        small = cls.Config(
            process=Flow.Config(),
            shift=(256, 4096),
            times="logit-normal",
            text=T5.Config(longest=64),
            text_length=64,
            seconds=("total",),
            most_seconds=256.0,
            shape=DitShape(width=1024, depth=16, heads=8, hidden=4096, context_width=1024, normed_heads=True),
            window=256,
            sampling=Sampling(sampler="ping-pong", schedule="log-snr", steps=8, guidance=1.0),
        )
        tiny = cls.Config(
            codec=Oobleck.presets()["oobleck-tiny"],
            scaling="channels",
            text=MiniLMEncoder.Config(longest=16),
            text_length=16,
            condition_width=32,
            most_seconds=32.0,
            shape=DitShape(width=64, depth=2, heads=4, hidden=128, context_width=32, time_features=64),
            window=4096,
            whole_window=False,
            sampling=Sampling(steps=20, guidance=3.0, least=0.05, most=100.0),
        )
        return {"stable-audio-open": cls.Config(), "stable-audio-open-small": small, "stable-audio-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return Recipe(inputs="latents", seconds=0.5, steps=300, batch_size=8, learning_rate=3e-3, warmup=10)
        return Recipe(
            inputs="latents",
            seconds=47.5 if preset == "stable-audio-open" else 11.9,
            steps=640_000,
            batch_size=256,
            learning_rate=5e-5,
            weight_decay=1e-3,
            betas=(0.9, 0.999),
            warmup=1000,
            ema=0.9999,
        )

    @property
    def longest(self) -> int:
        return self.config.window

    def frames(self, samples: int) -> int:
        return self.config.window if self.config.whole_window else self.codec.frames(samples)

    def network(self, requests: Sequence[Request], stretch: Stretch, guidance: float) -> Predict:
        predict = self.under(self.dit.together([self.asked(request, stretch, guidance) for request in requests]))
        return predict if guidance == 1 else guided(predict, guidance, self.sampling.rescale)

    def asked(self, request: Request, stretch: Stretch, guidance: float) -> Given:
        """The conditions of one request: what is wanted and, with guidance, what it moves away from."""
        both = guidance != 1
        prompt = request.sections[stretch.section].prompt
        texts = [prompt, request.negative_prompt or ""] if both else [prompt]
        begin, total = inside(*stretch.span(self.codec.frame_rate, request), self.config.most_seconds)
        start = torch.full((len(texts),), begin, device=self.scale.mean.device)
        tokens, vector = self.conditions(texts, start, torch.full_like(start, total))
        if both and not request.negative_prompt:
            tokens = torch.cat([tokens[:1], torch.zeros_like(tokens[1:])])  # the seconds too, as in training
        return self.dit.given(tokens=tokens, vector=vector)

    def training_network(self, batch: Batch, frames: int) -> Predict:
        device = self.scale.mean.device
        tokens, vector = self.conditions(batch.texts, batch.start.to(device), batch.total.to(device))
        if self.training:
            hidden = torch.rand(len(batch), device=device) < self.config.condition_dropout
            tokens = tokens.masked_fill(hidden[:, None, None], 0.0)
        return self.under(self.dit.given(tokens=tokens, vector=vector))

    def under(self, given: Given) -> Predict:
        """The network under conditions."""
        return lambda x, time: self.dit(x, time, given)

    def conditions(self, texts: Sequence[str], start: Tensor, total: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens [B, L + N, W] for cross-attention, texts and then the N seconds that are told, and the global vector
        [B, N W], of B texts for clips that start at `start` [B] of `total` [B] seconds."""
        states = self.text(texts)
        vectors, mask = states.vectors.to(self.scale.mean), states.mask.to(start.device)
        length = self.config.text_length
        if self.project_text is not None:
            vectors = self.project_text(vectors) * mask[..., None]
        vectors = functional.pad(vectors[:, :length], (0, 0, 0, max(0, length - vectors.shape[1])))
        told = {"start": start, "total": total}
        numbers = [cast(NumberEmbedding, self.seconds[name])(told[name]) for name in self.config.seconds]
        return torch.cat([vectors, torch.stack(numbers, dim=1)], dim=1), torch.cat(numbers, dim=1)


def inside(start: float, total: float, most: float) -> tuple[float, float]:
    """A place `start` seconds into a piece of `total` as one of a piece of at most `most`, which a network can be told
    of: as far from the beginning, or from the end, whichever is nearer, and not beyond the middle."""
    if total <= most:
        return start, total
    return (min(start, most / 2) if start <= total / 2 else max(most / 2, most - (total - start))), most
