"""EnCodec: a causal convolutional autoencoder with an LSTM and residual codes, for any bitrate from one model.

Defossez et al. 2022, "High Fidelity Neural Audio Compression" (arXiv 2210.13438): SEANet between wave and
75 frames a second, SoundStream's residual quantizer with books of 10 bits, a multi-scale STFT discriminator, and
losses balanced by the size of their gradients. The music model of 32 kHz (MusicGen, Copet et al. 2023, arXiv
2306.05284, section 3.1) is not causal and has 4 books of 11 bits at 50 frames a second. The stereo model of
48 kHz is in `encodec_segments.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor
from torch.nn import functional

from songloom.bottlenecks.residual import ResidualQuantizer
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.layers.seanet import Seanet
from songloom.objectives.adversaries import Adversary
from songloom.objectives.balancer import Balancer
from songloom.objectives.discriminators.multi_scale_stft import MultiScaleStft
from songloom.objectives.reconstruction import MelScales, level_and_log_distance
from songloom.recipe import Recipe
from songloom.systems.codecs.seanet_codec import SeanetCodec
from songloom.systems.codecs.waves import sized, wave_of


def adversary(channels: int = 1, *, share: float = 2 / 3) -> Adversary.Config:
    """EnCodec's discriminators, one for each of five windows; the balancer weighs the generator's losses."""
    networks = (MultiScaleStft.Config(channels=channels),)
    return Adversary.Config(
        discriminators=networks, game="clipped-hinge", over="mean", relative=True, features=1.0, share=share
    )


def tiny_adversary(channels: int) -> Adversary.Config:
    """The same game with two small networks."""
    return replace(adversary(), discriminators=(MultiScaleStft.Config(channels=channels, windows=(256, 64), width=4),))


def balancer(adversarial: float = 3.0) -> Balancer.Config:
    """Weights of the losses' gradients (appendix A.4); the two of the adversary have the same one."""
    names = ("wave", "mel", "adversarial", "features")
    return Balancer.Config(weights=tuple(zip(names, (0.1, 1.0, adversarial, adversarial), strict=True)))


class Encodec(SeanetCodec, kind="encodec"):
    """Wave -> latents [B, D, F] -> codes [B, K, F], and back."""

    summary = "EnCodec: causal (or not) convolutions, an LSTM and residual VQ, several bitrates"
    opponents = ("adversary", "balancer")

    @dataclass(frozen=True, kw_only=True)
    class Config(SeanetCodec.Config):
        """`bitrates` (kbps) are what the model was, or is, trained for; `mel_windows` (samples) those of its mel loss
        with `mel_bands` each. Without an `adversary` or a `balancer` it trains on what is left."""

        sample_rate: int = 24_000
        channels: int = 1
        network: Seanet = field(default_factory=Seanet)
        quantizer: ResidualQuantizer.Config = field(
            default_factory=lambda: ResidualQuantizer.Config(streams=32, codebook_size=1024, width=128)
        )
        bitrates: tuple[float, ...] = (1.5, 3.0, 6.0, 12.0, 24.0)
        mel_windows: tuple[int, ...] = (32, 64, 128, 256, 512, 1024, 2048)
        mel_bands: int = 64
        commitment: float = 1.0
        adversary: Adversary.Config | None = field(default_factory=adversary)
        balancer: Balancer.Config | None = field(default_factory=balancer)

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        bands = (config.mel_bands,) * len(config.mel_windows)
        self.mels = MelScales(config.sample_rate, windows=config.mel_windows, bands=bands, normalised=True)
        self.adversary: Adversary | None = None
        self.balancer: Balancer | None = None

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        music = cls.Config(
            sample_rate=32_000,
            network=Seanet(filters=64, ratios=(8, 5, 4, 4), shortcut=False, causal=False),
            quantizer=ResidualQuantizer.Config(streams=4, codebook_size=2048, width=128),
            bitrates=(2.2,),
        )
        tiny = cls.Config(
            sample_rate=8_000,
            network=Seanet(filters=4, ratios=(5, 4, 2)),
            quantizer=ResidualQuantizer.Config(streams=4, codebook_size=32, width=16),
            bitrates=(1.0, 2.0, 4.0),
            mel_windows=(64, 256, 512),
            mel_bands=16,
            adversary=tiny_adversary(1),
            balancer=balancer(0.3),
        )
        return {"encodec-24khz": cls.Config(), "encodec-32khz": music, "encodec-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return Recipe(seconds=0.5, steps=200, batch_size=4, learning_rate=3e-3, warmup=10, weight_norm=True)
        return Recipe(
            seconds=1.0,
            steps=600_000,
            batch_size=64,
            learning_rate=3e-4,
            betas=(0.5, 0.9),
            weight_decay=0.0,
            weight_norm=True,
        )

    def normalised(self, wave: Tensor) -> tuple[Tensor, Tensor]:
        """A wave [B, C, T] as the network takes it, and the loudness [B, 1, 1] that it was divided by."""
        return wave, wave.new_ones(len(wave), 1, 1)

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        """See `System.losses`; section 3.4. What the balancer takes is reported by its names."""
        true = wave_of(batch)
        shown, loudness = self.normalised(true)
        passed = self.quantizer(self.encoder(shown), streams=self.drawn_streams(len(true)))
        made = sized(loudness * self.decoder(passed.latents), true.shape[-1])
        ones = (1.0,) * len(self.config.mel_windows)
        named = {
            "wave": functional.l1_loss(made, true),
            "mel": level_and_log_distance(self.mels(made), self.mels(true), ones),
        }
        played = {} if self.adversary is None else self.adversary.losses(true, made, step=step)
        named |= {name: played.pop(name) for name in ("adversarial", "features") if name in played}
        if self.balancer is not None:
            named = {"balanced": self.balancer(named, made)} | {
                f"~{name}": loss.detach() for name, loss in named.items()
            }
        others = {"commitment": self.config.commitment * passed.losses["commitment"]}
        return named | played | others | {f"~{name}": value for name, value in passed.reports.items()}

    def drawn_streams(self, items: int) -> Tensor:
        """Streams [B] of a training batch: each item has one of the bitrates."""
        choices = torch.tensor([self.streams_for(bitrate) for bitrate in self.config.bitrates])
        if not self.training:
            return choices.max().expand(items)
        return choices[torch.randint(len(choices), (items,))]
