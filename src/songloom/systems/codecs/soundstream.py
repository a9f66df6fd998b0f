"""SoundStream: the first neural codec with residual vector quantisation, causal and small enough for a phone.

Zeghidour et al. 2021, "SoundStream: An End-to-End Neural Audio Codec" (arXiv 2107.03312): SEANet of dilated
residual units, no LSTM, 75 frames a second at 24 kHz; books of 10 bits, of which each training item is shown any
number (quantizer dropout), so that one model codes at 0.75 to 18 kbps; discriminators of the wave and of its
complex STFT. The width of the latents is not in the paper; 256 here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from songloom.bottlenecks.residual import ResidualQuantizer
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.layers.seanet import Seanet
from songloom.objectives.adversaries import Adversary
from songloom.objectives.discriminators.complex_stft import ComplexStft
from songloom.objectives.discriminators.multi_scale import MultiScale
from songloom.objectives.reconstruction import MelScales, level_and_log_distance, soundstream_alphas
from songloom.recipe import Recipe
from songloom.systems.codecs.seanet_codec import SeanetCodec
from songloom.systems.codecs.waves import sized, wave_of


def network(filters: int = 32, ratios: tuple[int, ...] = (8, 5, 4, 2)) -> Seanet:
    """SoundStream's encoder and decoder (figure 3)."""
    return Seanet(
        filters=filters,
        ratios=ratios,
        latent_kernel=3,
        residual_kernel=7,
        dilations=(1, 3, 9),
        compress=1,
        shortcut=False,
        lstm_layers=0,
        padding="zeros",
    )


def adversary() -> Adversary.Config:
    """Discriminators of the wave at three rates and of its STFT; the losses' weights are those of equation 6."""
    networks = (MultiScale.Config(), ComplexStft.Config())
    return Adversary.Config(discriminators=networks, game="clipped-hinge", over="mean", features=100.0)


class Soundstream(SeanetCodec, kind="soundstream"):
    """Wave -> latents [B, D, F] -> codes [B, K, F], and back."""

    summary = "SoundStream: causal dilated convolutions and residual VQ with quantizer dropout"
    opponents = ("adversary",)

    @dataclass(frozen=True, kw_only=True)
    class Config(SeanetCodec.Config):
        """`mel_windows` (samples) are those of the mel loss with `mel_bands` each; `mel` and `commitment` weights."""

        sample_rate: int = 24_000
        channels: int = 1
        network: Seanet = field(default_factory=network)
        quantizer: ResidualQuantizer.Config = field(
            default_factory=lambda: ResidualQuantizer.Config(streams=24, codebook_size=1024, width=256)
        )
        mel_windows: tuple[int, ...] = (64, 128, 256, 512, 1024, 2048)
        mel_bands: int = 64
        mel: float = 1.0
        commitment: float = 1.0
        adversary: Adversary.Config | None = field(default_factory=adversary)

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        bands = (config.mel_bands,) * len(config.mel_windows)
        self.mels = MelScales(config.sample_rate, windows=config.mel_windows, bands=bands)
        self.adversary: Adversary | None = None

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        rivals = (MultiScale.Config(scales=2, widths=(4, 8, 8)), ComplexStft.Config(window=128, width=2))
        tiny = cls.Config(
            sample_rate=8_000,
            network=network(4, (5, 4, 2)),
            quantizer=ResidualQuantizer.Config(streams=4, codebook_size=32, width=16),
            mel_windows=(64, 256, 512),
            mel_bands=16,
            adversary=Adversary.Config(discriminators=rivals, game="clipped-hinge", over="mean", features=1.0),
        )
        return {"soundstream": cls.Config(), "soundstream-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return Recipe(seconds=0.5, steps=200, batch_size=4, learning_rate=3e-3, warmup=10)
        return Recipe(seconds=1.0, steps=500_000, batch_size=128, learning_rate=1e-4, betas=(0.5, 0.9))

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        """See `System.losses`; section III-E: "mel" (equation 5), "adversarial", "features", and "commitment"."""
        true = wave_of(batch)
        passed = self.quantizer(self.encoder(true), streams=self.drawn_streams(len(true)))
        made = sized(self.decoder(passed.latents), true.shape[-1])
        alphas = soundstream_alphas(self.config.mel_windows)
        named = {
            "mel": self.config.mel * level_and_log_distance(self.mels(made), self.mels(true), alphas),
            "commitment": self.config.commitment * passed.losses["commitment"],
        }
        if self.adversary is not None:
            named |= self.adversary.losses(true, made, step=step)
        return named | {f"~{name}": value for name, value in passed.reports.items()}

    def drawn_streams(self, items: int) -> Tensor | None:
        """Streams [B] of a training batch: each item has any number (section III-C)."""
        return torch.randint(1, self.streams + 1, (items,)) if self.training else None
