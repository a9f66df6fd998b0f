"""HiFi-GAN: log-mel frames are the latents, an adversarially trained vocoder is the decoder.

Idea (Kong et al. 2020, https://arxiv.org/abs/2010.05646): a mel spectrogram says nearly everything that is heard,
and a convolutional generator finds a waveform for it in one pass when discriminators watch every period of the wave
(multi-period) and every scale (multi-scale), together with the L1 distance of mel spectrograms. As a codec it has
latents and no codes: it turns mel images back into sound for all systems that work on these.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from torch import Tensor
from torch.nn import functional

from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.layers.mel import LogMel, MelScale
from songloom.layers.vocoder import Vocoder
from songloom.objectives.adversaries import Adversary
from songloom.objectives.discriminators.multi_period import MultiPeriod
from songloom.objectives.discriminators.multi_scale import MultiScale
from songloom.recipe import Recipe
from songloom.systems.codecs.waves import sized, wave_of
from songloom.systems.roles import Codec


class HifiGan(Codec, kind="hifi-gan"):
    """Wave [B, 1, T] -> log-mel [B, M, F] -> wave."""

    summary = "vocoder: log-mel frames and an adversarial decoder (HiFi-GAN); latents without codes"
    opponents = ("adversary",)

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """The defaults are the paper's V1. `width` halves at each of the upsampling `rates`, whose product is the
        hop; `block_kernels` and `dilations` are those of the residual stacks (multi-receptive field fusion)."""

        mel: MelScale = field(
            default_factory=lambda: MelScale(sample_rate=22_050, hop_length=256, bands=80, padding="same")
        )
        width: int = 512
        rates: tuple[int, ...] = (8, 8, 2, 2)
        kernels: tuple[int, ...] = (16, 16, 4, 4)
        block_kernels: tuple[int, ...] = (3, 7, 11)
        dilations: tuple[int, ...] = (1, 3, 5)
        slope: float = 0.1
        mel_weight: float = 45.0
        adversary: Adversary.Config | None = field(
            default_factory=lambda: Adversary.Config(discriminators=(MultiPeriod.Config(), MultiScale.Config()))
        )

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.mel = LogMel(config.mel)
        self.heard = LogMel(replace(config.mel, high=config.mel.sample_rate / 2))
        self.vocoder = Vocoder(
            config.mel.bands,
            config.width,
            rates=config.rates,
            kernels=config.kernels,
            block_kernels=config.block_kernels,
            dilations=config.dilations,
            slope=config.slope,
        )
        if self.vocoder.hop_length != config.mel.hop_length:
            raise ValueError(f"rates make {self.vocoder.hop_length} samples of a hop of {config.mel.hop_length}")
        self.adversary: Adversary | None = None

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        small = Adversary.Config(
            discriminators=(
                MultiPeriod.Config(periods=(2, 3), widths=(4, 8)),
                MultiScale.Config(scales=1, widths=(4, 8, 8)),
            )
        )
        tiny = cls.Config(
            mel=MelScale(sample_rate=8000, n_fft=256, hop_length=64, bands=24, high=4000.0, padding="same"),
            width=32,
            rates=(8, 8),
            kernels=(16, 16),
            block_kernels=(3, 7),
            dilations=(1, 3),
            adversary=small,
        )
        return {"hifi-gan": cls.Config(), "hifi-gan-audioldm": of_audioldm(), "hifi-gan-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return Recipe(seconds=0.5, steps=200, batch_size=4, learning_rate=2e-3, warmup=10, betas=(0.8, 0.99))
        return Recipe(
            seconds=0.37,
            steps=400_000,
            batch_size=16,
            learning_rate=2e-4,
            betas=(0.8, 0.99),
            clip_norm=1000.0,
            weight_norm=True,
        )

    @property
    def sample_rate(self) -> int:
        return self.config.mel.sample_rate

    @property
    def channels(self) -> int:
        return 1

    @property
    def hop_length(self) -> int:
        return self.config.mel.hop_length

    @property
    def streams(self) -> int:
        return 0

    @property
    def codebook_size(self) -> int:
        return 0

    @property
    def latent_width(self) -> int:
        return self.config.mel.bands

    @property
    def encoder_context(self) -> int:
        return -(-self.mel.margin // self.hop_length)

    @property
    def decoder_context(self) -> int:
        return self.vocoder.context

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        true = wave_of(batch)
        made = self.vocoder(self.mel(true[:, 0]))[..., : true.shape[-1]]
        distance = functional.l1_loss(self.heard(made), self.heard(true))
        game = self.adversary.losses(true, made, step=step) if self.adversary else {}
        return {"mel": self.config.mel_weight * distance, "~mel_error": distance.detach()} | game

    def encode(self, wave: Tensor) -> Tensor:
        self.check_wave(wave)
        return self.mel(wave[:, 0])

    def decode(self, latents: Tensor, *, length: int | None = None) -> Tensor:
        self.check_latents(latents)
        wave = self.vocoder(latents)
        return wave if length is None else sized(wave, length)

    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        raise ValueError("hifi-gan has latents and no codes")

    def dequantize(self, codes: Tensor) -> Tensor:
        raise ValueError("hifi-gan has latents and no codes")


def of_audioldm() -> HifiGan.Config:
    """The vocoder of the AudioLDM family: 16 kHz, 64 bands, a hop of 10 ms."""
    return HifiGan.Config(mel=MelScale(), width=1024, rates=(5, 4, 2, 2, 2), kernels=(16, 16, 8, 4, 4))
