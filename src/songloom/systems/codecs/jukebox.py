"""Jukebox's VQ-VAE: the same wave coded by three networks of their own, at 8, 32 and 128 samples a code.

Idea (Dhariwal et al. 2020, https://arxiv.org/abs/2005.00341, section 3): one hierarchy of codes collapses, so each
level has its own encoder, codebook and decoder and each can be decoded alone: the top keeps the essence of the music
in 344 codes a second for a language model, the lower ones are for upsamplers that bring the sound back. Codebooks of
2048 entries learn by moving averages with random restarts; waves are compared sample by sample and by their spectra
at several resolutions. Codes pack at the top's rate, coarse levels first: 1 + 4 + 16 streams. Decoding uses the
finest level that is there: a single stream is the top alone, five are the middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import cast

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.audio.spectrogram import Stft
from songloom.bottlenecks.vector import VectorQuantizer
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.layers.strided import DownStack, UpStack
from songloom.recipe import Recipe
from songloom.systems.codecs.codes import check_codes, chosen_streams
from songloom.systems.codecs.waves import padded, sized, wave_of
from songloom.systems.roles import Codec


class Level(nn.Module):
    """One level: encoder stacks from the wave down, a codebook, decoder stacks up to the wave."""

    def __init__(self, config: JukeboxVqVae.Config, place: int) -> None:
        super().__init__()
        width = config.quantizer.width
        multiple = config.multipliers[place]
        shape = {"depth": multiple * config.depth, "growth": config.growth}
        halvings = config.halvings[: place + 1]
        self.hop_length = 2 ** sum(halvings)
        self.encoder = nn.ModuleList(
            DownStack(width if stack else 1, multiple * config.width, width, halvings=count, **shape)
            for stack, count in enumerate(halvings)
        )
        self.quantizer = VectorQuantizer(config.quantizer)
        self.decoder = nn.ModuleList(
            UpStack(width, multiple * config.width, width, doublings=count, **shape) for count in reversed(halvings)
        )
        self.leave = nn.Conv1d(width, 1, 3, padding=1)

    def encode(self, wave: Tensor) -> Tensor:
        """Wave [B, 1, T], T a multiple of the level's hop -> latents [B, D, T / hop]."""
        for stack in self.encoder:
            wave = stack(wave)
        return wave

    def decode(self, latents: Tensor) -> Tensor:
        """Latents [B, D, F] -> wave [B, 1, F * hop]."""
        for stack in self.decoder:
            latents = stack(latents)
        return self.leave(latents)

    def encoder_reach(self) -> int:
        """Samples on either side that a latent depends on."""
        reach = 0
        for stack in reversed(self.encoder):
            reach = cast(DownStack, stack).reach(reach)
        return reach

    def decoder_reach(self) -> int:
        """Latents on either side that the samples of a latent depend on."""
        reach = 1
        for stack in reversed(self.decoder):
            reach = cast(UpStack, stack).reach(reach)
        return reach


class JukeboxVqVae(Codec, kind="jukebox-vq-vae"):
    """Wave [B, 1, T] -> codes [B, 1 + 4 + 16, F] of three levels, of which the finest is decoded."""

    summary = "Jukebox's three independent VQ-VAEs, 8x, 32x and 128x, 2048 codes at 44.1 kHz"

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """Levels stand in the paper's order, the finest first. `halvings` each level adds to those before it;
        `multipliers` of `width` and `depth` of its residual blocks, whose dilations grow by `growth`. `spectra` are
        window and hop of each compared spectrum, in samples."""

        sample_rate: int = 44_100
        halvings: tuple[int, ...] = (3, 2, 2)
        multipliers: tuple[int, ...] = (2, 1, 1)
        width: int = 32
        depth: int = 4
        growth: int = 3
        quantizer: VectorQuantizer.Config = field(
            default_factory=lambda: VectorQuantizer.Config(codebook_size=2048, width=64)
        )
        commitment: float = 0.02
        spectral: float = 1.0
        spectra: tuple[tuple[int, int], ...] = ((2048, 240), (1024, 120), (512, 50))

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        if len(config.halvings) != len(config.multipliers) or not config.halvings:
            raise ValueError(f"halvings {config.halvings}, multipliers {config.multipliers}; needs one of each a level")
        self.levels = nn.ModuleList(Level(config, place) for place in range(len(config.halvings)))
        hops = [self.level(place).hop_length for place in range(len(self.levels))]
        self.ratios = [hops[-1] // hop for hop in hops]

    def level(self, place: int) -> Level:
        """A level, 0 the finest."""
        return cast(Level, self.levels[place])

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        tiny = cls.Config(
            sample_rate=8000,
            halvings=(2, 1, 1),
            width=12,
            depth=1,
            quantizer=VectorQuantizer.Config(codebook_size=32, decay=0.9, width=12),
            spectra=((256, 64), (64, 16)),
        )
        return {"jukebox-vq-vae": cls.Config(), "jukebox-vq-vae-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return Recipe(seconds=0.128, steps=200, batch_size=4, learning_rate=5e-3, warmup=10)
        return Recipe(seconds=8.9, steps=384_000, batch_size=256, learning_rate=3e-4, ema=0.9999)

    @property
    def sample_rate(self) -> int:
        return self.config.sample_rate

    @property
    def channels(self) -> int:
        return 1

    @property
    def hop_length(self) -> int:
        return self.level(-1).hop_length

    @property
    def streams(self) -> int:
        return sum(self.ratios)

    @property
    def codebook_size(self) -> int:
        return self.config.quantizer.codebook_size

    @property
    def latent_width(self) -> int:
        return self.streams * self.config.quantizer.width

    @property
    def encoder_context(self) -> int:
        return -(-max(self.level(place).encoder_reach() for place in range(len(self.levels))) // self.hop_length)

    @property
    def decoder_context(self) -> int:
        return max(-(-self.level(place).decoder_reach() // ratio) for place, ratio in enumerate(self.ratios))

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        true = padded(wave_of(batch), self)
        named: dict[str, Tensor] = {}
        for place in range(len(self.levels)):
            level = self.level(place)
            passed = level.quantizer(level.encode(true))
            made = level.decode(passed.latents)
            named |= {
                f"wave{place}": functional.mse_loss(made, true) / true.square().mean().clamp_min(1e-6),
                f"spectral{place}": self.config.spectral * spectral_distance(made, true, self.config.spectra),
                f"commitment{place}": self.config.commitment * passed.losses["commitment"],
            } | {f"~{name}_level{place}": value for name, value in passed.reports.items()}
        return named

    @property
    def coarse_first(self) -> list[tuple[Level, int, slice]]:
        """Each level, its codes in a frame and its streams."""
        ratios = self.ratios[::-1]
        ends = list(accumulate(ratios))
        streams = [slice(end - ratio, end) for end, ratio in zip(ends, ratios, strict=True)]
        return [
            (self.level(len(ratios) - 1 - place), ratio, where)
            for place, (ratio, where) in enumerate(zip(ratios, streams, strict=True))
        ]

    def encode(self, wave: Tensor) -> Tensor:
        wave = padded(wave, self)
        return torch.cat([packed(level.encode(wave), ratio) for level, ratio, _ in self.coarse_first], 1)

    def decode(self, latents: Tensor, *, length: int | None = None) -> Tensor:
        """[B, D, F] -> wave [B, 1, T], by the finest level whose latents are not all zero."""
        self.check_latents(latents)
        there = [latents[:, self._width(streams)] for _, _, streams in self.coarse_first]
        finest = max((place for place, part in enumerate(there) if bool(part.any())), default=0)
        level, ratio, _ = self.coarse_first[finest]
        wave = level.decode(unpacked(there[finest], ratio))
        return wave if length is None else sized(wave, length)

    def _width(self, streams: slice) -> slice:
        width = self.config.quantizer.width
        return slice(streams.start * width, streams.stop * width)

    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        count = chosen_streams(streams, self.streams)
        codes = [
            packed(level.quantizer.quantize(unpacked(latents[:, self._width(where)], ratio)), ratio)
            for level, ratio, where in self.coarse_first
            if where.start < count
        ]
        return torch.cat(codes, 1)[:, :count]

    def dequantize(self, codes: Tensor) -> Tensor:
        """[B, k, F] -> latents [B, D, F]; a level is zero unless all its streams are there."""
        check_codes(codes, self.streams)
        found = [
            packed(level.quantizer.dequantize(unpacked(codes[:, where], ratio)), ratio)
            for level, ratio, where in self.coarse_first
            if where.stop <= codes.shape[1]
        ]
        latents = torch.cat(found, 1)
        return functional.pad(latents, (0, 0, 0, self.latent_width - latents.shape[1]))


def packed(values: Tensor, ratio: int) -> Tensor:
    """[B, width, F ratio] -> [B, ratio width, F]: the values of one frame one after the other."""
    return rearrange(values, "b w (f r) -> b (r w) f", r=ratio)


def unpacked(frames: Tensor, ratio: int) -> Tensor:
    """The inverse of `packed`."""
    return rearrange(frames, "b (r w) f -> b w (f r)", r=ratio)


def spectral_distance(made: Tensor, true: Tensor, spectra: Sequence[tuple[int, int]]) -> Tensor:
    """Mean over (window, hop) pairs of ||STFT(made)| - |STFT(true)|| / ||STFT(true)|| for waves [B, 1, T]: Jukebox's
    equation 3, divided by the size of the true spectrum, so that loud and soft music count alike."""
    distances = []
    for window, hop in spectra:
        stft = Stft(window, hop)
        wanted = stft.magnitude(true)
        distance = torch.linalg.vector_norm(stft.magnitude(made) - wanted, dim=(1, 2, 3))
        distances.append((distance / torch.linalg.vector_norm(wanted, dim=(1, 2, 3)).clamp_min(1e-3)).mean())
    return torch.stack(distances).mean()
