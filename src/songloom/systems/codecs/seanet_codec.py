"""What codecs with SEANet on either side of a residual quantizer share: all but their losses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from songloom.bottlenecks.residual import ResidualQuantizer
from songloom.config import Settings
from songloom.layers.seanet import Seanet, SeanetDecoder, SeanetEncoder
from songloom.systems.codecs.waves import sized
from songloom.systems.roles import Codec


class SeanetCodec(Codec):
    """Wave -> latents [B, D, F] -> codes [B, K, F], and back; latents are as wide as the quantizer."""

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        sample_rate: int
        channels: int
        network: Seanet
        quantizer: ResidualQuantizer.Config

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.encoder = SeanetEncoder(config.network, config.channels, config.quantizer.width)
        self.quantizer = ResidualQuantizer(config.quantizer)
        self.decoder = SeanetDecoder(config.network, config.channels, config.quantizer.width)

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

    @property
    def chunk_frames(self) -> int:
        """A second: beside an LSTM the networks see a few frames on either side, so short pieces cost little."""
        return max(1, round(self.frame_rate))

    @property
    def encoder_context(self) -> int | None:
        return self.encoder.context

    @property
    def decoder_context(self) -> int | None:
        return self.decoder.context

    def encode(self, wave: Tensor) -> Tensor:
        self.check_wave(wave)
        return self.encoder(wave)

    def decode(self, latents: Tensor, *, length: int | None = None) -> Tensor:
        self.check_latents(latents)
        wave = self.decoder(latents)
        return wave if length is None else sized(wave, length)

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
