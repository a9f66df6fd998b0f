"""A mono codec over left and right: the books of both channels take turns, as in the stereo MusicGen.

Copet et al. 2023 (arXiv 2306.05284, section 2.1 and appendix): each channel is coded alone, and stream 2 k + c
is book k of channel c, so that a language model can delay both channels of a book alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import torch
from einops import rearrange
from torch import Tensor

from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.recipe import Recipe
from songloom.systems.codecs.encodec import Encodec
from songloom.systems.codecs.vqvae import VqVae
from songloom.systems.roles import Codec

CHANNELS = 2


class StereoCodec(Codec, kind="stereo-codec"):
    """Latents [B, 2 D, F] are left's, then right's; codes [B, 2 K, F] take turns."""

    summary = "a mono codec over left and right, their codebooks taking turns"

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """`codec` is the mono codec of each channel."""

        codec: Settings = field(default_factory=lambda: Encodec.presets()["encodec-32khz"])

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.codec: Codec = config.codec.build()
        if self.codec.channels != 1:
            raise ValueError(f"a stereo codec is made of one with 1 channel, not {self.codec.channels}")

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        tiny = cls.Config(codec=VqVae.presets()["vq-vae-tiny"])
        return {"stereo-encodec-32khz": cls.Config(), "stereo-codec-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        return VqVae.recipe("vq-vae-tiny") if preset.endswith("-tiny") else Encodec.recipe("encodec-32khz")

    @property
    def sample_rate(self) -> int:
        return self.codec.sample_rate

    @property
    def channels(self) -> int:
        return CHANNELS

    @property
    def hop_length(self) -> int:
        return self.codec.hop_length

    @property
    def streams(self) -> int:
        return CHANNELS * self.codec.streams

    @property
    def codebook_size(self) -> int:
        return self.codec.codebook_size

    @property
    def latent_width(self) -> int:
        return CHANNELS * self.codec.latent_width

    def encode(self, wave: Tensor) -> Tensor:
        self.check_wave(wave)
        return together(self.codec.encode(apart(wave)))

    def decode(self, latents: Tensor, *, length: int | None = None) -> Tensor:
        self.check_latents(latents)
        return together(self.codec.decode(apart(latents), length=length))

    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        if streams is not None and not 1 <= streams <= self.streams:
            raise ValueError(f"streams is {streams}; this codec has 1 to {self.streams}")
        books = None if streams is None else -(-streams // CHANNELS)
        codes = self.codec.quantize(apart(latents), streams=books)
        return rearrange(codes, "(b c) k f -> b (k c) f", c=CHANNELS)[:, :streams]

    def dequantize(self, codes: Tensor) -> Tensor:
        if codes.shape[1] % CHANNELS == 0:
            return together(self.codec.dequantize(rearrange(codes, "b (k c) f -> (b c) k f", c=CHANNELS)))
        left = self.codec.dequantize(codes[:, 0::CHANNELS])  # which has one book more than right
        right = self.codec.dequantize(codes[:, 1::CHANNELS]) if codes.shape[1] > 1 else torch.zeros_like(left)
        return torch.cat([left, right], dim=1)

    @torch.no_grad()
    def encode_stream(self, pieces: Iterable[Tensor]) -> Iterator[Tensor]:
        for latents in self.codec.encode_stream(apart(piece) for piece in pieces):
            yield together(latents)

    @torch.no_grad()
    def decode_stream(self, latents: Iterable[Tensor]) -> Iterator[Tensor]:
        for wave in self.codec.decode_stream(apart(piece) for piece in latents):
            yield together(wave)

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        assert batch.wave is not None
        return self.codec.losses(each_channel(batch, batch.wave), step=step)


def apart(both: Tensor) -> Tensor:
    """[B, 2 D, F] -> [2 B, D, F]: the channels as items of the batch."""
    return rearrange(both, "b (c d) f -> (b c) d f", c=CHANNELS)


def together(items: Tensor) -> Tensor:
    """The inverse of `apart`."""
    return rearrange(items, "(b c) d f -> b (c d) f", c=CHANNELS)


def each_channel(batch: Batch, wave: Tensor) -> Batch:
    """A batch whose items are the channels."""
    return Batch(
        texts=tuple(text for text in batch.texts for _ in range(CHANNELS)),
        labels=tuple(labels for labels in batch.labels for _ in range(CHANNELS)),
        ids=tuple(name for name in batch.ids for _ in range(CHANNELS)),
        start=batch.start.repeat_interleave(CHANNELS),
        seconds=batch.seconds.repeat_interleave(CHANNELS),
        total=batch.total.repeat_interleave(CHANNELS),
        mask=batch.mask.repeat_interleave(CHANNELS, 0),
        sample_rate=batch.sample_rate,
        wave=apart(wave),
    )
