"""EnCodec: a causal convolutional autoencoder with an LSTM and residual codes, for any bitrate from one model.

Defossez et al. 2022, "High Fidelity Neural Audio Compression" (arXiv 2210.13438): SEANet between wave and
75 frames a second, SoundStream's residual quantizer with books of 10 bits, a multi-scale STFT discriminator, and
losses balanced by the size of their gradients. The music model of 32 kHz (MusicGen, Copet et al. 2023, arXiv
2306.05284, section 3.1) is not causal and has 4 books of 11 bits at 50 frames a second. The stereo model of
48 kHz is in `encodec_segments.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from songloom.bottlenecks.residual import ResidualQuantizer
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.layers.seanet import Seanet, SeanetDecoder, SeanetEncoder
from songloom.recipe import Recipe
from songloom.systems.roles import Codec


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """Of the waves' mean absolute difference, of mel spectra at several scales, and of the distance from the
    latents to their codes (arXiv 2210.13438, section 3.4)."""

    wave: float = 0.1
    mel: float = 1.0
    commitment: float = 1.0


class Encodec(Codec, kind="encodec"):
    """Wave -> latents [B, D, F] -> codes [B, K, F], and back."""

    summary = "EnCodec: causal (or not) convolutions, an LSTM and residual VQ, several bitrates"

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """`bitrates` (kbps) are what the model was, or is, trained for."""

        sample_rate: int = 24_000
        channels: int = 1
        network: Seanet = field(default_factory=Seanet)
        quantizer: ResidualQuantizer.Config = field(
            default_factory=lambda: ResidualQuantizer.Config(streams=32, codebook_size=1024, width=128)
        )
        bitrates: tuple[float, ...] = (1.5, 3.0, 6.0, 12.0, 24.0)
        weights: LossWeights = field(default_factory=LossWeights)

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.encoder = SeanetEncoder(config.network, config.channels, config.quantizer.width)
        self.quantizer = ResidualQuantizer(config.quantizer)
        self.decoder = SeanetDecoder(config.network, config.channels, config.quantizer.width)

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
        )
        return {"encodec-24khz": cls.Config(), "encodec-32khz": music, "encodec-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return Recipe(seconds=0.5, steps=200, batch_size=4, learning_rate=3e-3, warmup=10)
        return Recipe(seconds=1.0, steps=600_000, batch_size=64, learning_rate=3e-4, betas=(0.5, 0.9), weight_decay=0.0)

    @property
    def sample_rate(self) -> int:
        return self.config.sample_rate

    @property
    def channels(self) -> int:
        return self.config.channels

    @property
    def hop_length(self) -> int:
        return self.config.network.hop_length

    @property
    def streams(self) -> int:
        return self.quantizer.streams

    @property
    def codebook_size(self) -> int:
        return self.quantizer.codebook_size

    @property
    def latent_width(self) -> int:
        return self.config.quantizer.width

    def encode(self, wave: Tensor) -> Tensor:
        self.check_wave(wave)
        return self.encoder(wave)

    def decode(self, latents: Tensor, *, length: int | None = None) -> Tensor:
        self.check_latents(latents)
        return cut(self.decoder(latents), length)

    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        return self.quantizer.quantize(latents, streams=streams)

    def dequantize(self, codes: Tensor) -> Tensor:
        return self.quantizer.dequantize(codes)

    @torch.no_grad()
    def encode_stream(self, pieces: Iterable[Tensor]) -> Iterator[Tensor]:
        yield from self.encoder.stream(pieces, self.chunk_frames)

    @torch.no_grad()
    def decode_stream(self, latents: Iterable[Tensor]) -> Iterator[Tensor]:
        yield from self.decoder.stream(latents, self.chunk_frames)

    def normalised(self, wave: Tensor) -> tuple[Tensor, Tensor]:
        """A wave [B, C, T] as the network takes it, and the loudness [B, 1, 1] that it was divided by."""
        return wave, wave.new_ones(len(wave), 1, 1)

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        assert batch.wave is not None
        true = batch.wave
        shown, loudness = self.normalised(true)
        passed = self.quantizer(self.encoder(shown), streams=self.drawn_streams(len(true)))
        made = cut(loudness * self.decoder(passed.latents), true.shape[-1])
        weights = self.config.weights
        return {
            "wave": weights.wave * functional.l1_loss(made, true),
            "commitment": weights.commitment * passed.losses["commitment"],
            **{f"~{name}": value for name, value in passed.reports.items()},
        }

    def drawn_streams(self, items: int) -> Tensor:
        """Streams [B] of a training batch: each item has one of the bitrates."""
        choices = torch.tensor([self.streams_for(bitrate) for bitrate in self.config.bitrates])
        if not self.training:
            return choices.max().expand(items)
        return choices[torch.randint(len(choices), (items,))]


def cut(wave: Tensor, length: int | None) -> Tensor:
    """A wave [B, C, T] cut, or lengthened by silence, to `length` samples where given."""
    if length is None:
        return wave
    return functional.pad(wave[..., :length], (0, max(0, length - wave.shape[-1])))
