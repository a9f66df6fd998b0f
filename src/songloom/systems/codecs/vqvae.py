"""The first VQ-VAE for audio: strided convolutions, one codebook, and a decoder that makes the wave again.

Idea (van den Oord, Vinyals & Kavukcuoglu 2017, https://arxiv.org/abs/1711.00937, section 4.3; for music Dieleman, van
den Oord & Simonyan 2018, https://arxiv.org/abs/1806.10474): six convolutions of stride two leave one vector for 64
samples; the nearest of 512 codebook entries takes its place, and the gradient of the decoder is copied straight
through to the encoder. The papers decode with an autoregressive WaveNet, which reads out one sample at a time; here
the mirror of the encoder decodes in one pass, as in Jukebox, and a spectral loss beside the squared error stands for
what WaveNet's likelihood asks of the texture.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor, nn
from torch.nn import functional

from songloom.bottlenecks.vector import VectorQuantizer
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.layers.strided import DownStack, UpStack
from songloom.objectives.reconstruction import magnitudes, resolution_distance
from songloom.recipe import Recipe
from songloom.systems.codecs.waves import padded, sized, wave_of
from songloom.systems.roles import Codec


class VqVae(Codec, kind="vq-vae"):
    """Wave [B, C, T] -> latents [B, D, F] -> codes [B, 1, F] -> wave."""

    summary = "the first VQ-VAE on waves: 64 samples a code, 512 codes, one codebook"

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """`halvings` of the rate, each with `depth` residual blocks of `width` channels whose dilations grow by
        `growth`; `windows` of the compared spectra, in samples."""

        sample_rate: int = 16_000
        channels: int = 1
        halvings: int = 6
        width: int = 128
        depth: int = 2
        growth: int = 3
        quantizer: VectorQuantizer.Config = field(
            default_factory=lambda: VectorQuantizer.Config(codebook_size=512, width=64)
        )
        commitment: float = 0.25
        spectral: float = 1.0
        windows: tuple[int, ...] = (2048, 1024, 512)

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        width, shape = config.quantizer.width, {"depth": config.depth, "growth": config.growth}
        self.encoder = DownStack(config.channels, config.width, width, halvings=config.halvings, **shape)
        self.quantizer = VectorQuantizer(config.quantizer)
        self.decoder = UpStack(width, config.width, config.width, doublings=config.halvings, **shape)
        self.leave = nn.Conv1d(config.width, config.channels, 3, padding=1)

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        tiny = cls.Config(
            sample_rate=8000,
            halvings=4,
            width=16,
            depth=1,
            quantizer=VectorQuantizer.Config(codebook_size=64, decay=0.9, width=16),
            windows=(256, 64),
        )
        return {"vq-vae": cls.Config(), "vq-vae-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return Recipe(seconds=0.256, steps=200, batch_size=4, learning_rate=5e-3, warmup=10)
        return Recipe(seconds=1.0, steps=250_000, batch_size=32, learning_rate=2e-4)

    @property
    def sample_rate(self) -> int:
        return self.config.sample_rate

    @property
    def channels(self) -> int:
        return self.config.channels

    @property
    def hop_length(self) -> int:
        return 2**self.config.halvings

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
        return -(-self.encoder.reach() // self.hop_length)

    @property
    def decoder_context(self) -> int:
        return self.decoder.reach(1)

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        true = padded(wave_of(batch), self)
        passed = self.quantizer(self.encoder(true))
        made = self.leave(self.decoder(passed.latents))
        spectra = magnitudes(made, self.config.windows), magnitudes(true, self.config.windows)
        return {
            "wave": functional.mse_loss(made, true) / true.square().mean().clamp_min(1e-6),
            "spectral": self.config.spectral * resolution_distance(*spectra),
            "commitment": self.config.commitment * passed.losses["commitment"],
        } | {f"~{name}": value for name, value in passed.reports.items()}

    def encode(self, wave: Tensor) -> Tensor:
        return self.encoder(padded(wave, self))

    def decode(self, latents: Tensor, *, length: int | None = None) -> Tensor:
        self.check_latents(latents)
        wave = self.leave(self.decoder(latents))
        return wave if length is None else sized(wave, length)

    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        return self.quantizer.quantize(latents, streams=streams)

    def dequantize(self, codes: Tensor) -> Tensor:
        return self.quantizer.dequantize(codes)
