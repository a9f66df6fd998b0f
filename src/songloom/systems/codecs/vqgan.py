"""VQGAN on mel images: each place of a small image is one code, and a patch discriminator sharpens what comes back.

Idea (Esser, Rombach & Ommer 2021, "Taming Transformers", https://arxiv.org/abs/2012.09841; for spectrograms Iashin &
Rahtu 2021, "SpecVQGAN", https://arxiv.org/abs/2110.08791): a convolutional encoder with attention shrinks a mel
spectrogram sixteen times in time and frequency, every place of the result becomes the nearest of 1024 codes, and a
mirror network makes the image again. A squared or absolute error alone would blur it, so a discriminator that judges
patches adds an adversarial loss, weighed by gradients (equation 7), and a feature loss, which stands for the pretrained
perceptual network of the paper. The rows of the code image are the streams,
low bands first: of five streams the first two say what happens in the bass.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.bottlenecks.vector import VectorQuantizer
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.layers.conv2d import ImageDecoder, ImageEncoder
from songloom.layers.mel import MelScale
from songloom.objectives.adversaries import Adversary
from songloom.objectives.discriminators.patch import Patch
from songloom.recipe import Recipe
from songloom.systems.codecs.codes import check_codes, chosen_streams
from songloom.systems.codecs.mel_codec import MelCodec, MelSettings, adapted, laid_out, packed, places, rows_of
from songloom.systems.codecs.waves import wave_of


class Vqgan(MelCodec, kind="vqgan"):
    """Wave [B, 1, T] -> log-mel image -> codes [B, rows, F] -> image -> wave."""

    summary = "vector-quantized mel images with a patch discriminator (VQGAN, SpecVQGAN); rows are streams"
    opponents = ("adversary",)

    @dataclass(frozen=True, kw_only=True)
    class Config(MelSettings):
        """The defaults are SpecVQGAN's. `widths` of the levels, fine to coarse, each with `depth` blocks;
        `adaptive` weighs the adversarial loss by gradients (equation 7), which asks for opponents that can already
        tell true from made."""

        mel: MelScale = field(
            default_factory=lambda: MelScale(
                sample_rate=22_050, hop_length=256, bands=80, low=125.0, high=7600.0, level=-4.0, spread=3.0
            )
        )
        segment: int = 53
        context: int = 4
        widths: tuple[int, ...] = (128, 128, 256, 256, 512)
        depth: int = 2
        groups: int = 32
        quantizer: VectorQuantizer.Config = field(
            default_factory=lambda: VectorQuantizer.Config(codebook_size=1024, width=256)
        )
        commitment: float = 0.25
        adaptive: bool = True
        adversary: Adversary.Config | None = field(
            default_factory=lambda: Adversary.Config(
                discriminators=(Patch.Config(),), game="hinge", adversarial=0.8, features=1.0, start=30_000
            )
        )

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.fold = 2 ** (len(config.widths) - 1)
        if config.mel.bands % self.fold:
            raise ValueError(
                f"{config.mel.bands} mel bands; {len(config.widths)} levels need a multiple of {self.fold}"
            )
        self.rows = config.mel.bands // self.fold
        width, shape = config.quantizer.width, {"depth": config.depth, "groups": config.groups}
        self.encoder = ImageEncoder(1, config.widths, width, **shape)
        self.leave = nn.Conv2d(width, width, 1)
        self.quantizer = VectorQuantizer(config.quantizer)
        self.enter = nn.Conv2d(width, width, 1)
        self.decoder = ImageDecoder(width, config.widths, 1, **shape)
        self.adversary: Adversary | None = None

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        tiny = cls.Config(
            mel=MelScale(
                sample_rate=8000,
                n_fft=256,
                hop_length=64,
                bands=32,
                high=4000.0,
                padding="same",
                level=-4.0,
                spread=3.0,
            ),
            segment=32,
            context=4,
            widths=(8, 16, 16),
            depth=1,
            groups=4,
            quantizer=VectorQuantizer.Config(codebook_size=32, decay=0.9, width=8),
            adaptive=False,
            adversary=Adversary.Config(
                discriminators=(Patch.Config(widths=(4, 8)),), game="hinge", adversarial=0.05, features=0.05
            ),
        )
        return {"vqgan": cls.Config(), "vqgan-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return Recipe(seconds=0.5, steps=200, batch_size=4, learning_rate=3e-3, warmup=10)
        return Recipe(seconds=9.8, steps=300_000, batch_size=8, learning_rate=8 * 4.5e-6, betas=(0.5, 0.9))

    @property
    def streams(self) -> int:
        return self.rows

    @property
    def codebook_size(self) -> int:
        return self.quantizer.codebook_size

    @property
    def latent_width(self) -> int:
        return self.rows * self.config.quantizer.width

    def encode_image(self, image: Tensor) -> Tensor:
        return packed(self.leave(self.encoder(image)))

    def decode_image(self, latents: Tensor) -> Tensor:
        return self.decoder(self.enter(rows_of(latents, self.rows)))

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        true = self.image(wave_of(batch))
        passed = self.quantizer(places(self.leave(self.encoder(true))))
        made = self.decoder(self.enter(laid_out(passed.latents, self.rows)))
        error = functional.l1_loss(made, true)
        game = self.adversary.losses(true, made, step=step) if self.adversary else {}
        if self.config.adaptive and self.adversary:
            game = adapted(game, error, self.decoder.leave.weight, weight=self.adversary.config.adversarial)
        reports = {f"~{name}": value for name, value in passed.reports.items()}
        commitment = self.config.commitment * passed.losses["commitment"]
        return {"mel": error, "commitment": commitment} | reports | game

    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        count = chosen_streams(streams, self.streams)
        codes = self.quantizer.quantize(places(rows_of(latents, self.rows)))
        return rearrange(codes, "b 1 (m f) -> b m f", m=self.rows)[:, :count]

    def dequantize(self, codes: Tensor) -> Tensor:
        """[B, k, F] -> latents [B, D, F]; rows that are not there are zero."""
        check_codes(codes, self.streams)
        found = self.quantizer.dequantize(rearrange(codes, "b m f -> b 1 (m f)"))
        latents = packed(laid_out(found, codes.shape[1]))
        return functional.pad(latents, (0, 0, 0, self.latent_width - latents.shape[1]))
