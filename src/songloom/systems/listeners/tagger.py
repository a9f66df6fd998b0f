"""A music tagger over a codec's latents: style, mood and families of instruments of a stretch of music.

A short-chunk convolutional network (Won et al. 2020, "Evaluation of CNN-based Automatic Music Tagging Models",
arXiv 2006.00751) that hears what a generator of latents writes, without any decoding, so that gradients pass: such a
generator can be taught to make what is heard as it was asked for (`diffusion/heard.py`). In training its latents are
disturbed (noise, lost channels, another level, a gap), for there are few pieces and a generator's are never quite real.
Of a mood it hears little in that way; where style, tempo and mode are told it hears one as a `lean`. Keys it hears in
what is decoded (`keys`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from songloom.audio.spectrogram import mel_filters, mel_spectrogram
from songloom.conditioning.attributes import Answers, Vocabulary, attribute_losses
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.diffusion.latent_diffusion import LatentScale, latents_of
from songloom.recipe import Recipe
from songloom.systems.codecs.spectral_codec import SpectralCodec
from songloom.systems.listeners.keys import Keys
from songloom.systems.listeners.lean import BANDS, Lean
from songloom.systems.roles import System

KERNEL = 5
WEIGHTS = {"style": 1.0, "mood": 0.5, "families": 2.0}
LEANING = 8
"""Clips of a batch whose colours are heard: their spectra are to be decoded."""
LOWEST_HZ, SILENCE = 30.0, 1e-8


@dataclass(frozen=True, kw_only=True)
class Disturbed:
    """How strongly latents are disturbed in training, at unit variance: the most noise (of `noisy` of the items), the
    part of channels that is lost, the deviation of the level, and the longest gap as a part of the frames."""

    noise: float = 0.6
    noisy: float = 0.6
    lost: float = 0.08
    level: float = 0.1
    gap: float = 0.2

    def __call__(self, latents: Tensor) -> Tensor:
        """[B, D, F] -> [B, D, F], drawn by torch's global generator."""
        count, width, frames = latents.shape
        draws = torch.rand(4, count, 1, 1, device=latents.device)
        made = latents + torch.randn_like(latents) * draws[0] * self.noise * (draws[1] < self.noisy)
        made = made * (torch.rand(count, width, 1, device=latents.device) >= self.lost)
        made = made * (1 + self.level * torch.randn(count, 1, 1, device=latents.device))
        place = torch.arange(frames, device=latents.device) / frames
        return made * ((place < draws[2]) | (place >= draws[2] + self.gap * draws[3]))


class Tagger(System, kind="tagger"):
    """Latents of a codec -> style, mood and families of instruments."""

    summary = "music tagger over a codec's latents: style, mood, instruments; what generators are taught by"
    frozen: tuple[str, ...] = ("codec",)

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """So many `networks`, of which each learns from disturbances of its own and the mean of whose answers is
        given: what deceives one rarely deceives another. Each has `width` channels at first and twice as many in the
        end, and `embedding` numbers for a stretch."""

        codec: Settings = field(default_factory=SpectralCodec.Config)
        vocabulary: Vocabulary = field(default_factory=Vocabulary)
        networks: int = 2
        width: int = 160
        embedding: int = 96
        dropout: float = 0.4
        disturbed: Disturbed = field(default_factory=Disturbed)

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        codec = config.codec.build()
        if not isinstance(codec, SpectralCodec):
            raise ValueError(
                f"codec is {type(codec).__name__}; a tagger hears colours in the spectra of a SpectralCodec"
            )
        self.codec = codec.requires_grad_(False).eval()
        self.scale = LatentScale(self.codec.latent_width)
        self.networks = nn.ModuleList(TaggingNetwork(config, self.codec.latent_width) for _ in range(config.networks))
        self.lean = Lean(config.vocabulary)
        self.keys = Keys(codec.sample_rate, codec.config.n_fft)
        rate, size = codec.sample_rate, codec.config.n_fft
        filters = mel_filters(rate, size, BANDS, low=LOWEST_HZ, high=rate / 2)
        self.register_buffer("filters", filters, persistent=False)

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        tiny = SpectralCodec.presets()["spectral-codec-tiny"]
        return {"tagger": cls.Config(), "tagger-tiny": cls.Config(codec=tiny, width=16, embedding=16, dropout=0.1)}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return Recipe(inputs="latents", seconds=1.0, steps=150, batch_size=8, learning_rate=3e-3, warmup=10)
        return Recipe(
            inputs="latents", seconds=10.0, steps=1_200, batch_size=48, learning_rate=2e-3, warmup=120, weight_decay=0.1
        )

    @property
    def sample_rate(self) -> int:
        return self.codec.sample_rate

    @property
    def channels(self) -> int:
        return self.codec.channels

    def prepare(self, batches: Iterable[Batch]) -> None:
        """Measures the scale of the latents."""
        self.scale.measure((latents_of(batch, self.codec) for batch in batches), "whole")

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        latents, mask = latents_of(batch, self.codec)
        scaled, count = self.scale(latents) * mask[:, None], len(self.networks)
        heard = [network(self.config.disturbed(scaled) if self.training else scaled) for network in self.networks]
        whole = Answers(*(torch.cat(parts) for parts in zip(*heard, strict=True)))
        found = attribute_losses(self.config.vocabulary, whole, batch.labels * count)
        weighed = {name: WEIGHTS[name] * loss for name, loss in found.items()}
        return weighed | self.right(mean(heard), batch.labels) | self.lean_losses(latents, mask, batch.labels)

    def lean_losses(self, latents: Tensor, mask: Tensor, labels: Sequence[Mapping[str, Any]]) -> dict[str, Tensor]:
        """How far moods are misheard in the colours of the first LEANING of B clips, latents [B, D, F] with the mask
        [B, F], and how often the likeliest is right; in training, of what is recalled of all clips until then."""
        some, names = labels[:LEANING], self.config.vocabulary
        with torch.no_grad():
            colour = self.coloured(*self.decoded(latents[:LEANING], mask[:LEANING]))
        truth = names.parted(names.truth(some).to(colour))[1].nan_to_num(0.0)
        if self.training:
            self.lean.remember(colour, some, truth)
            moods, truth = self.lean.recalled()
        else:
            moods = self.lean(colour, some)
        error = -(truth * moods.log_softmax(-1)).sum() / truth.sum().clamp_min(1)
        return {"lean": error, "~lean right": chosen(moods, truth)}

    def right(self, answers: Answers, labels: Sequence[Mapping[str, Any]]) -> dict[str, Tensor]:
        """How often the likeliest style and mood of B clips are theirs."""
        styles, moods, _ = self.config.vocabulary.parted(self.config.vocabulary.truth(labels).to(answers.style.device))
        return {"~style right": chosen(answers.style, styles), "~mood right": chosen(answers.mood, moods)}

    def tag(self, wave: Tensor) -> Answers:
        """Waves [B, C, T] in [-1, 1] -> logits."""
        self.check_wave(wave)
        return self(self.codec.encode(wave))

    def forward(self, latents: Tensor) -> Answers:
        """The codec's latents [B, D, F] -> logits."""
        scaled = self.scale(latents)
        return mean([network(scaled) for network in self.networks])

    def told(self, latents: Tensor, mask: Tensor, labels: Sequence[Mapping[str, Any]]) -> tuple[Answers, Tensor]:
        """Latents [B, D, F] -> logits, and those of keys [B, 24] (0..11 major from C, 12..23 minor), of the frames of
        `mask` [B, F]. Moods are heard as leans from what is usual in the styles, at the tempi and in the modes that
        `labels` tell."""
        middle, sounding = self.decoded(latents, mask)
        mood = self.lean(self.coloured(middle, sounding), labels)
        return self(latents * mask[:, None])._replace(mood=mood), self.keys(middle, sounding)

    def decoded(self, latents: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Latents [B, D, F] -> magnitudes of their middle [B, bins, fold * F], and the mask [B, F] of its frames."""
        middle = self.codec.magnitudes(latents)[:, 0]
        return middle, mask.repeat_interleave(self.codec.config.fold, -1).to(middle)

    def coloured(self, magnitudes: Tensor, mask: Tensor) -> Tensor:
        """Magnitudes [B, bins, F] -> mean power of their bands [B, BANDS] over the frames of `mask` [B, F], in tens of
        decibels around their mean."""
        sounding = mask[:, None]
        power = mel_spectrogram(magnitudes, self.get_buffer("filters")) * sounding
        level = (power.sum(-1) / sounding.sum(-1).clamp_min(1) + SILENCE).log10()
        return level - level.mean(-1, keepdim=True)


class TaggingNetwork(nn.Module):
    """Latents at unit variance -> logits; what holds for a stretch is the mean and the deviation of what its frames
    show."""

    def __init__(self, config: Tagger.Config, channels: int) -> None:
        super().__init__()
        self.vocabulary, width = config.vocabulary, config.width
        self.body = nn.Sequential(
            *block(channels, width, 1),
            *block(width, width, 2),
            *block(width, width, 1),
            *block(width, 2 * width, 2),
            *block(2 * width, 2 * width, 2),
        )
        self.embed = nn.Sequential(
            nn.Dropout(config.dropout),
            nn.Linear(4 * width, config.embedding),
            nn.LayerNorm(config.embedding),
            nn.GELU(),
            nn.Dropout(config.dropout / 2),
        )
        self.answer = nn.Linear(config.embedding, config.vocabulary.size)

    def forward(self, latents: Tensor) -> Answers:
        """[B, D, F] -> logits."""
        seen = self.body(latents)
        whole = torch.cat([seen.mean(-1), seen.var(-1, correction=0).add(1e-5).sqrt()], 1)
        return Answers(*self.vocabulary.parted(self.answer(self.embed(whole))))


@torch.no_grad()
def chosen(logits: Tensor, truth: Tensor) -> Tensor:
    """How often the likeliest name is true, of logits and truth [B, names] (1 for what is)."""
    return (truth.take_along_dim(logits.argmax(-1, keepdim=True), -1) == 1).float().mean()


def mean(answers: Sequence[Answers]) -> Answers:
    """The mean of several listeners' logits."""
    return Answers(*(torch.stack(parts).mean(0) for parts in zip(*answers, strict=True)))


def block(inside: int, outside: int, stride: int) -> tuple[nn.Module, ...]:
    """[B, inside, F] -> [B, outside, ceil(F / stride)]."""
    convolution = nn.Conv1d(inside, outside, KERNEL, stride, KERNEL // 2)
    return convolution, nn.GroupNorm(8, outside), nn.GELU()
