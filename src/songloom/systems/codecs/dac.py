"""DAC, the Descript Audio Codec: an RVQGAN with periodic activations and codes looked up by angle.

Kumar et al. 2023, "High-Fidelity Audio Compression with Improved RVQGAN" (arXiv 2306.06546). Idea: SoundStream's
and EnCodec's recipe with four changes. Snakes, because music is periodic; codebooks that are searched in 8
dimensions by cosine, so that all entries are used; quantizer dropout for half of the items only, so that full
bitrate does not suffer; a multi-scale mel loss beside a discriminator of periods and of bands of the complex
spectrum. One model codes any audio at 16, 24 or 44.1 kHz; music at 44.1 kHz takes 8 kbps (9 codes of 10 bits,
86 times a second). The published models are mono: channels are coded each by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from songloom.bottlenecks.residual import ResidualQuantizer
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.layers.dilated import Decoder, Encoder
from songloom.layers.snake import Snake
from songloom.layers.tiles import BOUNDED, tiled
from songloom.objectives.adversaries import Adversary
from songloom.objectives.discriminators.multi_band import MultiBand
from songloom.objectives.discriminators.multi_period import MultiPeriod
from songloom.objectives.reconstruction import DAC_BANDS, DAC_WINDOWS, MelScales, log_distance
from songloom.recipe import Recipe
from songloom.systems.codecs.waves import checked, padded, sized, wave_of
from songloom.systems.roles import Codec


def quantizer(streams: int, *, width: int = 1024, codebook_size: int = 1024) -> ResidualQuantizer.Config:
    """DAC's quantizer of so many code streams."""
    return ResidualQuantizer.Config(
        streams=streams, codebook_size=codebook_size, width=width, projection=8, cosine=True, learn="gradient"
    )


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """Of the multi-scale mel distance, and of the distances of codebooks from latents and of latents from codes."""

    mel: float = 15.0
    codebook: float = 1.0
    commitment: float = 0.25


class Dac(Codec, kind="dac"):
    """Wave [B, 1, T] -> latents [B, D, F] -> codes [B, K, F], and back."""

    summary = "Descript Audio Codec: snakes, codes by angle; near-transparent music at 8 kbps"
    opponents = ("adversary",)

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """The encoder's width doubles and the decoder's halves with each stride; latents are as wide as the
        quantizer. In training a part `dropout` of the items is shown the first few books only."""

        sample_rate: int = 44_100
        strides: tuple[int, ...] = (2, 4, 8, 8)
        encoder_width: int = 64
        decoder_width: int = 1536
        quantizer: ResidualQuantizer.Config = field(default_factory=lambda: quantizer(9))
        dropout: float = 0.5
        mel_windows: tuple[int, ...] = DAC_WINDOWS
        mel_bands: tuple[int, ...] = DAC_BANDS
        weights: LossWeights = field(default_factory=LossWeights)
        adversary: Adversary.Config | None = field(default_factory=Adversary.Config)

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        strides, depth, width = config.strides, len(config.strides), config.quantizer.width
        if not strides or min(strides) < 1 or config.decoder_width % 2**depth:
            raise ValueError(
                f"strides {strides} and decoder_width {config.decoder_width}: each stride halves the width"
            )
        widening = [config.encoder_width << place for place in range(depth + 1)]
        narrowing = [config.decoder_width >> place for place in range(depth + 1)]
        self.encoder = Encoder(1, widening, strides, width, Snake)
        self.quantizer = ResidualQuantizer(config.quantizer)
        self.decoder = Decoder(width, narrowing, strides[::-1], 1, Snake)
        self.mels = MelScales(config.sample_rate, windows=config.mel_windows, bands=config.mel_bands)
        self.adversary: Adversary | None = None

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        fine, tiny = (2, 4, 5, 8), quantizer(4, width=32, codebook_size=64)
        small = (MultiPeriod.Config(periods=(2, 3), widths=(4, 8)), MultiBand.Config(windows=(256,), width=4))
        return {
            "dac-44khz": cls.Config(),
            "dac-44khz-16kbps": cls.Config(quantizer=quantizer(18, width=128)),
            "dac-24khz": cls.Config(sample_rate=24_000, strides=fine, quantizer=quantizer(32)),
            "dac-16khz": cls.Config(sample_rate=16_000, strides=fine, quantizer=quantizer(12)),
            "dac-tiny": cls.Config(
                sample_rate=16_000,
                strides=(2, 4, 8),
                encoder_width=8,
                decoder_width=64,
                quantizer=tiny,
                mel_windows=(64, 256, 1024),
                mel_bands=(10, 40, 80),
                adversary=Adversary.Config(discriminators=small),
            ),
        }

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return Recipe(seconds=0.25, steps=200, batch_size=4, learning_rate=2e-3, warmup=10, weight_norm=True)
        return Recipe(
            seconds=0.38,
            steps=250_000,
            batch_size=72,
            learning_rate=1e-4,
            betas=(0.8, 0.99),
            warmup=0,
            final_rate=0.37,
            clip_norm=1000.0,
            weight_norm=True,
        )

    @property
    def sample_rate(self) -> int:
        return self.config.sample_rate

    @property
    def channels(self) -> int:
        return 1

    @property
    def hop_length(self) -> int:
        return self.encoder.down

    @property
    def streams(self) -> int:
        return self.quantizer.streams

    @property
    def codebook_size(self) -> int:
        return self.quantizer.codebook_size

    @property
    def latent_width(self) -> int:
        return self.config.quantizer.width

    @property
    def encoder_context(self) -> int:
        return self.encoder.reach

    @property
    def decoder_context(self) -> int:
        return self.decoder.reach

    def encode(self, wave: Tensor) -> Tensor:
        return tiled(self.encoder, padded(wave, self), numbers=BOUNDED)

    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        return self.quantizer.quantize(latents, streams=streams)

    def dequantize(self, codes: Tensor) -> Tensor:
        return self.quantizer.dequantize(codes)

    def decode(self, latents: Tensor, *, length: int | None = None) -> Tensor:
        """See `Codec.decode`. The few last samples that odd strides lose are zeros."""
        self.check_latents(latents)
        wave = torch.tanh(tiled(self.decoder, checked(latents, self), numbers=BOUNDED))
        return sized(wave, latents.shape[-1] * self.hop_length if length is None else length)

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        """See `System.losses`: "mel", "codebook", "commitment" (section 3.5), the game's, and the usage of books."""
        true = wave_of(batch)
        passed = self.quantizer(self.encode(true), streams=self._streams_shown(len(true)))
        made = self.decode(passed.latents, length=true.shape[-1])
        game = self.adversary.losses(true, made, step=step) if self.adversary else {}
        weights = self.config.weights
        named = {
            "mel": weights.mel * log_distance(self.mels(made), self.mels(true)),
            "codebook": weights.codebook * passed.losses["codebook"],
            "commitment": weights.commitment * passed.losses["commitment"],
        }
        return named | game | {f"~{name}": value for name, value in passed.reports.items()}

    def _streams_shown(self, items: int) -> Tensor | None:
        """How many books each item of a batch is shown: in training any number for the first part of them."""
        if not self.training:
            return None
        some = torch.randint(1, self.streams + 1, (items,))
        return torch.where(torch.arange(items) < int(self.config.dropout * items), some, self.streams)
