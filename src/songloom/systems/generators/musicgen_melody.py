"""MusicGen that follows a melody: the strongest pitch class of each moment stands before the sequence.

Copet et al. 2023 (arXiv 2306.05284, section 2.3): one pitch class for each frame of a long spectrum tells the
tune, and too little to copy its sound. It is the sequence's prefix, followed by the text. Where no melody is
given (and in the half that guidance moves away from) stands the melody of silence, the first class throughout.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar

import torch
from einops import repeat
from torch import Tensor, nn
from torch.nn import functional

from songloom.audio.features.chromagram import Chromagram
from songloom.conditioning.conditions import Conditions
from songloom.conditioning.curves import Curve
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.recipe import Recipe
from songloom.systems.generators.musicgen import Musicgen, in_stereo, made_tiny
from songloom.systems.request import Request
from songloom.tokens.windows import Asked

Separator = Callable[[Tensor, int], Tensor]
"""From a wave [C, T] and its sample rate to the wave without drums and bass, which would drown the tune."""


class MusicgenMelody(Musicgen, kind="musicgen-melody"):
    """Text and a melody -> codes -> music. `separator` is applied to what the melody is read from, if there is one."""

    summary = "MusicGen with text and a melody before the sequence"
    uses: ClassVar[frozenset[str]] = Musicgen.uses | {"melody"}
    crossing = False
    separator: Separator | None = None

    @dataclass(frozen=True, kw_only=True)
    class Config(Musicgen.Config):
        """`melody_frames` of the `chroma` stand in the prefix: shorter melodies are repeated, longer ones cut."""

        width: int = 1536
        depth: int = 48
        heads: int = 24
        hidden: int = 6144
        condition_dropout: float = 0.2
        chroma: Chromagram = field(default_factory=Chromagram)
        melody_frames: int = 235

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.melody_projection = nn.Linear(config.chroma.classes, config.width)

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        medium = cls.Config()
        large = replace(medium, width=2048, heads=32, hidden=8192)
        tiny = replace(made_tiny(medium), chroma=Chromagram(n_fft=1024, hop_length=512), melody_frames=16)
        return {
            "musicgen-melody": medium,
            "musicgen-melody-large": large,
            "musicgen-stereo-melody": in_stereo(medium),
            "musicgen-stereo-melody-large": in_stereo(large),
            "musicgen-melody-tiny": tiny,
        }

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        return replace(Musicgen.recipe(preset), waves=True)  # codes come from the cache, the melody from the waves

    def training_conditions(self, batch: Batch, hidden: Tensor) -> Conditions:
        if batch.wave is None:
            raise ValueError("a melody is read from waves; this batch holds none")
        melody = self.melody_of(batch.wave)
        melody = torch.where(hidden.to(melody.device)[:, None, None], self.no_melody(melody), melody)
        return self.in_front(melody, self.shown(batch.texts, hidden))

    def request_conditions(self, request: Request, guided: bool) -> Asked:
        wave = self._melody_wave(request)
        lead, _ = self.samples(request)

        def conditions(begin: int, done: int) -> Conditions:
            wanted, unwanted = self.prompts(request, request.sections[self.section(request, done)].prompt)
            texts = [wanted, unwanted] if guided else [wanted]
            if wave is None:
                melody = self.no_melody(torch.zeros(1, 1, self.config.chroma.classes))
            else:  # later windows hear it from where they begin, again and again
                melody = self.melody_of(wave.roll(lead - begin * self.codec.hop_length, -1))
            return self.in_front(torch.cat([melody, self.no_melody(melody)])[: len(texts)], texts)

        return conditions

    def _melody_wave(self, request: Request) -> Tensor | None:
        """The wave [1, 1, T] that the melody is read from."""
        if request.melody is None:
            return None
        audio = request.melody
        if isinstance(audio, Curve):
            raise ValueError(f"{self.config.kind} hears melodies in recordings; it takes no drawn curve")
        if self.separator is not None:
            audio = replace(audio, wave=self.separator(audio.wave, audio.sample_rate))
        return audio.fitted(self.sample_rate, 1)[None].to(self.text_projection.weight.device)

    def melody_of(self, wave: Tensor) -> Tensor:
        """The melody [B, F, classes] of waves [B, C, T], one-hot, of no more than the model's context."""
        samples = round(self.config.context_seconds * self.sample_rate)
        return self.config.chroma.dominant(wave.mean(1)[:, :samples], self.sample_rate)

    def no_melody(self, like: Tensor) -> Tensor:
        """What stands for no melody, [B, F, classes]."""
        return functional.one_hot(torch.zeros_like(like[..., 0], dtype=torch.int64), like.shape[-1]).to(like)

    def in_front(self, melody: Tensor, texts: list[str]) -> Conditions:
        """Melodies [B, F, classes] and B texts as a prefix, melody first."""
        frames = self.config.melody_frames
        melody = repeat(melody, "b f c -> b (n f) c", n=-(-frames // melody.shape[1]))[:, :frames]
        vectors, _ = self.text_vectors(texts)
        return Conditions(prefix=torch.cat([self.melody_projection(melody.to(vectors)), vectors], dim=1))
