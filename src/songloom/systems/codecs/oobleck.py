"""Oobleck, the autoencoder of Stable Audio: stereo at 44.1 kHz to 21.5 Gaussian frames a second.

Evans et al. 2024, "Fast Timing-Conditioned Latent Audio Diffusion" (arXiv 2402.04825), section 3.1, and "Stable Audio
Open" (arXiv 2407.14358). Idea: DAC's encoder and decoder, one stage deeper, around a Gaussian bottleneck instead of
codes: 64 numbers for every 2048 samples of two channels, smooth enough for a diffusion model to make. Its snakes have
a rate and a height of their own for each channel; there is no tanh at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from songloom.bottlenecks.gaussian import GaussianBottleneck
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.layers.dilated import Decoder, Encoder
from songloom.layers.snake import SnakeBeta
from songloom.layers.tiles import BOUNDED, tiled
from songloom.objectives.adversaries import Adversary
from songloom.objectives.discriminators.multi_scale_stft import MultiScaleStft
from songloom.objectives.reconstruction import magnitudes, resolution_distance
from songloom.recipe import Recipe
from songloom.systems.codecs.waves import checked, padded, sized, wave_of
from songloom.systems.roles import Codec


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """Of the multi-scale spectral distance, and of the Kullback-Leibler divergence per frame."""

    spectral: float = 1.0
    kl: float = 1e-4


def opponents(channels: int = 2, *, windows: tuple[int, ...], width: int) -> Adversary.Config:
    """EnCodec's discriminators and game, weighed as for Stable Audio."""
    judges = MultiScaleStft.Config(channels=channels, windows=windows, width=width)
    return Adversary.Config(discriminators=(judges,), game="hinge", over="mean", adversarial=0.1, features=5.0)


class Oobleck(Codec, kind="oobleck"):
    """Wave [B, 2, T] -> latents [B, D, F], and back; no codes."""

    summary = "Stable Audio's VAE: 44.1 kHz stereo, 64 numbers at 21.5 Hz, for latent diffusion"
    opponents = ("adversary",)

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """Widths are multiples of `width`: the first channels, then one for each stride of the encoder; the decoder
        goes the same way back."""

        sample_rate: int = 44_100
        channels: int = 2
        strides: tuple[int, ...] = (2, 4, 4, 8, 8)
        width: int = 128
        multiples: tuple[int, ...] = (1, 2, 4, 8, 16)
        bottleneck: GaussianBottleneck.Config = field(default_factory=GaussianBottleneck.Config)
        windows: tuple[int, ...] = (2048, 1024, 512, 256, 128, 64, 32)
        weights: LossWeights = field(default_factory=LossWeights)
        adversary: Adversary.Config | None = field(
            default_factory=lambda: opponents(windows=(2048, 1024, 512, 256, 128), width=64)
        )

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        if len(config.strides) != len(config.multiples) or not config.strides:
            raise ValueError(
                f"{len(config.strides)} strides and {len(config.multiples)} multiples; needs as many, 1 or more"
            )
        widths = [config.width * multiple for multiple in (1, *config.multiples)]
        latents = config.bottleneck.width
        self.encoder = Encoder(config.channels, widths, config.strides, 2 * latents, SnakeBeta)
        self.bottleneck = GaussianBottleneck(config.bottleneck)
        self.decoder = Decoder(latents, widths[::-1], config.strides[::-1], config.channels, SnakeBeta, bias=False)
        self.adversary: Adversary | None = None

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        tiny = cls.Config(
            sample_rate=16_000,
            strides=(2, 4, 8),
            width=8,
            multiples=(1, 2, 4),
            bottleneck=GaussianBottleneck.Config(width=8),
            windows=(1024, 256, 64),
            adversary=opponents(windows=(256, 64), width=4),
        )
        return {"oobleck": cls.Config(), "oobleck-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return Recipe(seconds=0.25, steps=200, batch_size=4, learning_rate=2e-3, warmup=10, weight_norm=True)
        return Recipe(
            seconds=1.5,
            steps=1_000_000,
            batch_size=32,
            learning_rate=1.5e-4,
            opponent_rate=3e-4,
            betas=(0.8, 0.99),
            warmup=1000,
            weight_norm=True,
        )

    @property
    def sample_rate(self) -> int:
        return self.config.sample_rate

    @property
    def channels(self) -> int:
        return self.config.channels

    @property
    def hop_length(self) -> int:
        return self.encoder.down

    @property
    def streams(self) -> int:
        return 0

    @property
    def codebook_size(self) -> int:
        return 0

    @property
    def latent_width(self) -> int:
        return self.config.bottleneck.width

    @property
    def encoder_context(self) -> int:
        return self.encoder.reach

    @property
    def decoder_context(self) -> int:
        return self.decoder.reach

    def posterior(self, wave: Tensor) -> Tensor:
        """Wave [B, C, T] -> means and scales [B, 2 D, F], from which the bottleneck samples."""
        return tiled(self.encoder, padded(wave, self), numbers=BOUNDED)

    def encode(self, wave: Tensor) -> Tensor:
        """Wave [B, C, T] -> the means of the latents [B, D, F]."""
        return self.bottleneck.mean(self.posterior(wave))

    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        return self.bottleneck.quantize(latents, streams=streams)

    def dequantize(self, codes: Tensor) -> Tensor:
        return self.bottleneck.dequantize(codes)

    def decode(self, latents: Tensor, *, length: int | None = None) -> Tensor:
        self.check_latents(latents)
        wave = tiled(self.decoder, checked(latents, self), numbers=BOUNDED)
        return sized(wave, latents.shape[-1] * self.hop_length if length is None else length)

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        """See `System.losses`: "spectral", of left and right and of their sum and difference (arXiv 2010.10291,
        section 3.2), "kl", and the game's."""
        true = wave_of(batch)
        passed = self.bottleneck(self.posterior(true))
        made = self.decode(passed.latents, length=true.shape[-1])
        game = self.adversary.losses(true, made, step=step) if self.adversary else {}
        spectra = [magnitudes(with_sums(wave), self.config.windows) for wave in (made, true)]
        named = {
            "spectral": self.config.weights.spectral * resolution_distance(*spectra),
            "kl": self.config.weights.kl * passed.losses["kl"],
        }
        return named | game | {f"~{name}": value for name, value in passed.reports.items()}


def with_sums(wave: Tensor) -> Tensor:
    """Left and right [B, 2, T] with their sum and difference [B, 4, T]; one channel stays as it is."""
    if wave.shape[1] != 2:
        return wave
    left, right = wave[:, :1], wave[:, 1:]
    return torch.cat([wave, left + right, left - right], 1)
