"""A rectified flow over the embedded codec's latents: the small generator of the continuous family.

Idea: rectified flow (Liu et al. 2022, arXiv 2209.03003) with logit-normal times (Esser et al. 2024, arXiv
2403.03206) and a diffusion transformer (Peebles & Xie 2022, arXiv 2212.09748) made small enough to learn on two CPU
cores. All frames are made at once, so a piece costs a few passes however long it is. The conditions are those of
the embedded token model: text by cross-attention to frozen MiniLM vectors and as one vector; what a small model
does not learn from words alone (tempo, key, drums, meter, place in the piece) for every frame; and curves of melody,
dynamics and rhythm, any of them, for any part of the time (as Wu et al. 2023 train them, arXiv 2311.07069).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.conditioning import musical
from songloom.conditioning.conditioners import MusicalConditioner
from songloom.conditioning.curve_batch import (
    CurveConditioner,
    Curves,
    HiddenCurves,
    joined,
    of_batch,
    of_controls,
    unknown,
)
from songloom.conditioning.musical import Musical, MusicalBatch
from songloom.conditioning.text import WIDTH, TextEmbedding, minilm
from songloom.conditioning.wanted import wanted
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.diffusion.latent_diffusion import Predict, guided
from songloom.diffusion.processes import Flow as FlowProcess
from songloom.layers.dit import Dit, DitShape, Given
from songloom.recipe import Recipe
from songloom.systems.codecs.spectral_codec import SpectralCodec
from songloom.systems.controls import CONTROLS, curves_of
from songloom.systems.latent_generator import LatentGenerator, LatentSettings, Sampling, Times
from songloom.systems.request import Request


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """How often conditions are hidden in training: all of them (for guidance), or one alone."""

    all: float = 0.1
    tempo: float = 0.1
    key: float = 0.1
    drums: float = 0.15
    meter: float = 0.15


class TextVectors(nn.Module):
    """Frozen text embeddings -> tokens [B, L, 384] for cross-attention and one vector [B, 384]; learned blanks where
    there is no text, so that no mask is needed."""

    def __init__(self) -> None:
        super().__init__()
        self.token_norm, self.pooled_norm = nn.LayerNorm(WIDTH, bias=False), nn.LayerNorm(WIDTH, bias=False)
        self.blank_token, self.blank_text = nn.Parameter(torch.randn(WIDTH)), nn.Parameter(torch.randn(WIDTH))

    def forward(self, text: TextEmbedding, absent: Tensor) -> tuple[Tensor, Tensor]:
        """Items marked in `absent` [B] count as having no text."""
        here = (text.mask & ~absent[:, None])[..., None]
        tokens = torch.where(here, self.token_norm(text.tokens), self.blank_token)
        return tokens, torch.where(absent[:, None], self.blank_text, self.pooled_norm(text.pooled * WIDTH**0.5))


class Flow(LatentGenerator, kind="flow"):
    """Text and musical controls -> latents -> music."""

    summary = "rectified flow by a small diffusion transformer over the embedded codec's latents; few steps"
    uses: ClassVar[frozenset[str]] = LatentGenerator.uses | {"tempo", "key", "drums"} | CONTROLS

    @dataclass(frozen=True, kw_only=True)
    class Config(LatentSettings):
        """`patch` frames make one position of the transformer; `window` frames can be made at once; the prompt is cut
        to `text_tokens`; `curves` says how often training hides them (None: a flow that takes no curves)."""

        codec: Settings = field(default_factory=SpectralCodec.Config)
        process: Settings = field(default_factory=FlowProcess.Config)
        times: Times = "logit-normal"
        shape: DitShape = field(
            default_factory=lambda: DitShape(
                width=256, depth=8, heads=4, hidden=704, context_width=256, timing="modulation", normed_heads=True
            )
        )
        patch: int = 2
        window: int = 1126
        text_tokens: int = 64
        dropped: Dropped = field(default_factory=Dropped)
        curves: HiddenCurves | None = field(default_factory=HiddenCurves)
        sampling: Sampling = field(
            default_factory=lambda: Sampling(sampler="heun", schedule="linear", steps=16, guidance=2.5)
        )

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        if config.patch < 1 or config.window % config.patch:
            raise ValueError(f"patch is {config.patch}; it must be 1 or more and divide the window of {config.window}")
        self.text = TextVectors()
        self.musical = MusicalConditioner(config.shape.width)
        self.curves = CurveConditioner(config.shape.width, config.patch) if config.curves else None
        self.dit = Dit(
            config.shape, channels=config.patch * self.codec.latent_width, token_width=WIDTH, vector_width=WIDTH
        )

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        tiny = cls.Config(
            codec=SpectralCodec.presets()["spectral-codec-tiny"],
            shape=DitShape(
                width=48, depth=2, heads=2, hidden=96, context_width=48, timing="modulation", normed_heads=True
            ),
            window=1024,
            text_tokens=16,
            sampling=Sampling(sampler="heun", schedule="linear", steps=6, guidance=2.0),
        )
        return {"flow": cls.Config(), "flow-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return Recipe(
                inputs="latents",
                curves=True,
                seconds=1.0,
                steps=300,
                batch_size=8,
                learning_rate=3e-3,
                warmup=10,
                optimizer="muon",
            )
        return Recipe(
            inputs="latents",
            curves=True,
            seconds=30.0,
            crop="start",
            steps=5_000,
            batch_size=4,
            optimizer="muon",
            learning_rate=2e-3,
            muon_rate=0.02,
            warmup=100,
            ema=0.997,
        )

    @property
    def longest(self) -> int:
        return self.config.window

    def frames(self, samples: int) -> int:
        return -(-self.codec.frames(samples) // self.config.patch) * self.config.patch

    def check(self, request: Request) -> None:
        super().check(request)
        if self.curves is None:
            request.check(self.uses - CONTROLS, f"this {self.config.kind}")

    def network(self, request: Request, frames: int, guidance: float) -> Predict:
        device = self.scale.mean.device
        asked = wanted(request.prompt, request.seed, tempo=request.tempo, key=request.key, drums=request.drums)
        if request.rhythm is not None and request.tempo is None:
            asked = replace(asked, tempo=None)  # the curve has the beats: a drawn tempo would speak against it
        both = guidance != 1
        texts = [request.prompt, request.negative_prompt or ""] if both else [request.prompt]
        known = musical.stack([asked, Musical()][: len(texts)]).to(device)
        start = torch.zeros(len(texts), device=device)
        hidden = torch.zeros(len(texts), dtype=torch.bool, device=device)
        asked_curves = of_controls(curves_of(request), self.codec.frame_rate, frames)
        curves = [asked_curves, unknown(1, frames)][: len(texts)]
        given = self.conditions(texts, known, joined(curves), hidden, start, start + request.seconds, frames)
        predict = self.under(given)
        return guided(predict, guidance, self.config.sampling.rescale) if both else predict

    def training_network(self, batch: Batch, frames: int) -> Predict:
        device = self.scale.mean.device
        known = musical.stack([musical.of_labels(labels) for labels in batch.labels]).to(device)
        curves = of_batch(batch, self.codec.frame_rate, frames) if self.curves else unknown(len(batch), frames)
        hidden = torch.zeros(len(batch), dtype=torch.bool, device=device)
        if self.training:
            rates = self.config.dropped
            draws = torch.rand(5, len(batch), device=device)
            hidden = draws[0] < rates.all
            tempo, key, drums, meter = (
                hidden | (draw < rate)
                for draw, rate in zip(draws[1:], (rates.tempo, rates.key, rates.drums, rates.meter), strict=True)
            )
            known = known.without(tempo=tempo, key=key, drums=drums, meter=meter)
            if self.config.curves:
                curves = curves.hidden(self.config.curves).without(hidden.to(curves.known.device))
        start, total = batch.start.to(device), batch.total.to(device)
        return self.under(self.conditions(batch.texts, known, curves, hidden, start, total, frames))

    def conditions(
        self,
        texts: Sequence[str],
        known: MusicalBatch,
        curves: Curves,
        hidden: Tensor,
        start: Tensor,
        total: Tensor,
        frames: int,
    ) -> Given:
        """What the transformer is given for B stretches of F frames that begin `start` [B] seconds into pieces of
        `total` [B] seconds. Texts are left out where `hidden` [B], or when empty."""
        device = start.device
        text = TextEmbedding(*(part.to(device) for part in minilm().embed(texts, self.config.text_tokens)))
        absent = hidden | torch.tensor([not one.strip() for one in texts], device=device)
        tokens, vector = self.text(text, absent)
        places = torch.arange(0, frames, self.config.patch, device=device)
        times = start[:, None] + places / self.codec.frame_rate
        aligned = self.musical(known, times, total)
        if self.curves is not None:
            aligned = aligned + self.curves(curves.to(device))
        return self.dit.given(tokens=tokens, vector=vector, aligned=aligned)

    def under(self, given: Given) -> Predict:
        """The network under conditions, on latents [B, D, F] of any F."""
        patch = self.config.patch

        def predict(x: Tensor, time: Tensor) -> Tensor:
            frames = x.shape[-1]
            whole = functional.pad(x, (0, -frames % patch))
            made = self.dit(rearrange(whole, "b d (f p) -> b (d p) f", p=patch), time, given)
            return rearrange(made, "b (d p) f -> b d (f p)", p=patch)[..., :frames]

        return predict
