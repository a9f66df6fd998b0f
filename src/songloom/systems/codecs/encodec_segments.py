"""EnCodec's stereo model: segments of one second, each at its own loudness, with a hundredth of overlap.

Defossez et al. 2022 (arXiv 2210.13438), section 3.1, "non-streamable": convolutions that see ahead and group
norms over time. A segment is divided by the root mean square of its mono mix; its frames are those of the
network, and before them stands one frame more that holds the loudness: a fraction of the decades from 1e-8 to
1e2, in latents as a number, in codes as its digits, the first stream's first. So a song is one tensor of
latents or codes, and fewer streams only know the loudness less exactly. Decoded segments fade into each other.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import accumulate, groupby, islice

import torch
from torch import Tensor

from songloom.bottlenecks.residual import ResidualQuantizer
from songloom.config import Settings
from songloom.layers.seanet import Seanet
from songloom.objectives.adversaries import Adversary
from songloom.objectives.balancer import Balancer
from songloom.recipe import Recipe
from songloom.systems.codecs.encodec import Encodec, adversary, balancer, tiny_adversary
from songloom.systems.codecs.waves import sized
from songloom.systems.roles import CHUNK_SECONDS

DECADES = (-8.0, 2.0)
"""Powers of ten of the loudness that a loudness frame can hold."""
LOUDNESS_BITS = 30
FLOOR = 1e-8
"""Added to the loudness, so that silence can be divided by it."""


class EncodecSegments(Encodec, kind="encodec-segments"):
    """Wave -> a loudness frame and latents for each segment [B, D, F] -> codes [B, K, F], and back."""

    summary = "EnCodec's stereo model of 48 kHz: normalised segments of one second"

    @dataclass(frozen=True, kw_only=True)
    class Config(Encodec.Config):
        """`segment` seconds, of which the part `overlap` is shared with the next."""

        sample_rate: int = 48_000
        channels: int = 2
        network: Seanet = field(default_factory=lambda: Seanet(causal=False, norm="group"))
        quantizer: ResidualQuantizer.Config = field(
            default_factory=lambda: ResidualQuantizer.Config(streams=16, codebook_size=1024, width=128)
        )
        bitrates: tuple[float, ...] = (3.0, 6.0, 12.0, 24.0)
        adversary: Adversary.Config | None = field(default_factory=lambda: adversary(2, share=0.5))
        balancer: Balancer.Config | None = field(default_factory=lambda: balancer(4.0))
        segment: float = 1.0
        overlap: float = 0.01

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.segment_length = int(config.segment * config.sample_rate)
        self.stride = max(1, int((1 - config.overlap) * self.segment_length))
        self.whole = 1 + -(-self.segment_length // self.hop_length)
        """Frames of a whole segment, its loudness included."""
        if not self.hop_length <= self.stride <= self.segment_length <= 2 * self.stride:
            raise ValueError(f"segments of {config.segment} s with {config.overlap} of overlap; needs 0 to 0.5")

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        tiny = cls.Config(
            sample_rate=8_000,
            network=Seanet(filters=4, ratios=(5, 4, 2), causal=False, norm="group"),
            quantizer=ResidualQuantizer.Config(streams=4, codebook_size=32, width=16),
            bitrates=(1.0, 2.0, 4.0),
            mel_windows=(64, 256, 512),
            mel_bands=16,
            adversary=tiny_adversary(2),
            balancer=balancer(0.3),
            segment=0.1,
        )
        return {"encodec-48khz": cls.Config(), "encodec-48khz-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        return replace(super().recipe(preset), weight_norm=False)  # its convolutions have group norm

    def frames(self, samples: int) -> int:
        return sum(self._layout_of(samples))

    def _layout_of(self, samples: int) -> list[int]:
        """Frames of each segment of a wave, its loudness included."""
        starts = range(0, samples, self.stride)
        return [1 + -(-min(self.segment_length, samples - start) // self.hop_length) for start in starts]

    def layout(self, frames: int) -> list[int]:
        """Frames of each segment of a wave of `frames` frames, or of one whole segment. Raises ValueError when no
        wave has as many."""
        certain = max(0, frames // self.whole - 2)  # segments that are whole whatever the last ones are
        rest = frames - certain * self.whole
        if rest == self.whole:
            return [self.whole] * (certain + 1)
        samples = 1 + bisect_left(range(1, 4 * self.stride), rest, key=self.frames)
        found = self._layout_of(samples)
        if sum(found) != rest:
            raise ValueError(f"no wave has {frames} frames in segments of {self.whole}")
        return [self.whole] * certain + found

    def _loudness_places(self, frames: int) -> list[int]:
        """The frames that hold loudness, among `frames`."""
        return list(accumulate(self.layout(frames)[:-1], initial=0))

    def encode(self, wave: Tensor) -> Tensor:
        self.check_wave(wave)
        return torch.cat(list(self._encoded([wave])), -1)

    @torch.no_grad()
    def encode_stream(self, pieces: Iterable[Tensor]) -> Iterator[Tensor]:
        """See `Codec.encode_stream`; each piece of latents is one segment."""
        yield from self._encoded(pieces)

    def _encoded(self, pieces: Iterable[Tensor]) -> Iterator[Tensor]:
        """The segments [B, D, 1 + f] of pieces of wave [B, C, t], whole ones several at a time."""
        rest: Tensor | None = None
        for piece in pieces:
            rest = piece if rest is None else torch.cat([rest, piece], -1)
            if rest.shape[-1] < self.segment_length:
                continue
            whole = rest.unfold(-1, self.segment_length, self.stride).unbind(2)
            yield from self._by_groups(whole, self._encode_segments)
            rest = rest[..., len(whole) * self.stride :]
        if rest is None or not rest.shape[-1]:
            raise ValueError("the stream ended before anything came")
        for start in range(0, rest.shape[-1], self.stride):
            yield self._encode_segments(rest[..., start : start + self.segment_length])

    def _by_groups(self, segments: Iterable[Tensor], run: Callable[[Tensor], Tensor]) -> Iterator[Tensor]:
        """`run` on segments [B, ...], several of one length at a time as items of one batch."""
        for _, alike in groupby(segments, key=lambda segment: segment.shape[-1]):
            while group := list(islice(alike, max(1, round(CHUNK_SECONDS / self.config.segment)))):
                yield from torch.split(run(torch.cat(group)), len(group[0]))

    def _encode_segments(self, segments: Tensor) -> Tensor:
        """Segments [N, C, T] -> [N, D, 1 + f]."""
        shown, loudness = self.normalised(segments)
        latents = self.encoder(shown)
        return torch.cat([to_fraction(loudness).expand(-1, latents.shape[1], 1), latents], -1)

    def normalised(self, wave: Tensor) -> tuple[Tensor, Tensor]:
        loudness = wave.mean(1, keepdim=True).square().mean(-1, keepdim=True).sqrt() + FLOOR
        return wave / loudness, loudness

    def decode(self, latents: Tensor, *, length: int | None = None) -> Tensor:
        self.check_latents(latents)
        segments = torch.split(latents, self.layout(latents.shape[-1]), -1)
        wave = torch.cat(list(self._faded(segments)), -1)
        return wave if length is None else sized(wave, length)

    @torch.no_grad()
    def decode_stream(self, latents: Iterable[Tensor]) -> Iterator[Tensor]:
        yield from self._faded(self._segments(latents))

    def detokenize_stream(self, codes: Iterable[Tensor]) -> Iterator[Tensor]:
        yield from self.decode_stream(self.dequantize(segment) for segment in self._segments(codes))

    def _segments(self, pieces: Iterable[Tensor]) -> Iterator[Tensor]:
        """Pieces [B, ?, f] of any lengths -> segments."""
        certain = self.frames(self.segment_length)  # with so many to come, the first segment is a whole one
        rest: Tensor | None = None
        for piece in pieces:
            rest = piece if rest is None else torch.cat([rest, piece], -1)
            while rest.shape[-1] >= certain:
                yield rest[..., : self.whole]
                rest = rest[..., self.whole :]
        if rest is None:
            raise ValueError("the stream ended before anything came")
        yield from torch.split(rest, self.layout(rest.shape[-1]), -1)

    def _decode_segments(self, latents: Tensor) -> Tensor:
        """[N, D, 1 + f] -> waves [N, C, f * hop_length] at their loudness."""
        return self.decoder(latents[..., 1:]) * from_fraction(latents[:, :1, :1])

    def _faded(self, segments: Iterable[Tensor]) -> Iterator[Tensor]:
        """Samples of segments [B, D, 1 + f], weighted by triangles where two overlap, up to where the next begins."""
        total = weight = window = None
        for wave in self._by_groups(segments, self._decode_segments):
            window = triangle(wave) if window is None else window
            shape = window[: wave.shape[-1]]
            total = added(wave * shape, total)
            weight = added(shape, weight)
            yield total[..., : self.stride] / weight[: self.stride]
            total, weight = total[..., self.stride :], weight[self.stride :]
        if total is not None and weight is not None and total.shape[-1]:
            yield total / weight

    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        self.check_latents(latents)
        codes, places = super().quantize(latents, streams=streams), self._loudness_places(latents.shape[-1])
        codes[..., places] = self._digits(latents[:, 0, places])[:, : codes.shape[1]]
        return codes

    def dequantize(self, codes: Tensor) -> Tensor:
        latents, places = super().dequantize(codes), self._loudness_places(codes.shape[-1])
        latents[..., places] = self._fractions(codes[..., places]).to(latents)[:, None]
        return latents

    def opened(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """One segment's codes [B, k, 1 + f] -> its loudness [B] and the network's codes [B, k, f]."""
        return from_fraction(self._fractions(codes[..., :1]))[:, 0], codes[..., 1:]

    def closed(self, loudness: Tensor, codes: Tensor) -> Tensor:
        """The inverse of `opened`."""
        digits = self._digits(to_fraction(loudness.double())[:, None])[:, : codes.shape[1]]
        return torch.cat([digits, codes], -1)

    @property
    def _places(self) -> int:
        """Digits of a loudness: so many streams hold it."""
        return min(self.streams, math.ceil(LOUDNESS_BITS / math.log2(self.codebook_size)))

    def _digits(self, fractions: Tensor) -> Tensor:
        """Fractions [B, n] -> their digits to the base V, [B, K, n]."""
        size = self.codebook_size**self._places
        number = (fractions.double() * size).round().long().clamp(0, size - 1)
        powers = [self.codebook_size ** (self._places - 1 - place) for place in range(self._places)]
        digits = [number // power % self.codebook_size for power in powers]
        return torch.stack([*digits, *[torch.zeros_like(number)] * (self.streams - self._places)], 1)

    def _fractions(self, digits: Tensor) -> Tensor:
        """Digits [B, k, n] -> fractions [B, n]; the middle of what they leave open."""
        known = min(digits.shape[1], self._places)
        number = torch.zeros_like(digits[:, 0])
        for place in range(known):
            number = number * self.codebook_size + digits[:, place]
        return (number.double() + 0.5 * (known < self._places)) / self.codebook_size**known


def to_fraction(loudness: Tensor) -> Tensor:
    """Loudness (a root mean square) -> its place 0..1 among the decades."""
    return ((loudness.log10() - DECADES[0]) / (DECADES[1] - DECADES[0])).clamp(0, 1)


def from_fraction(fraction: Tensor) -> Tensor:
    """The inverse of `to_fraction`."""
    return 10 ** (DECADES[0] + (DECADES[1] - DECADES[0]) * fraction)


def triangle(wave: Tensor) -> Tensor:
    """Weights [T] above zero that rise to the middle of a wave [..., T] and fall again."""
    places = torch.linspace(0, 1, wave.shape[-1] + 2, device=wave.device, dtype=wave.dtype)[1:-1]
    return 0.5 - (places - 0.5).abs()


def added(one: Tensor, other: Tensor | None) -> Tensor:
    """The sum of two waves [..., T] that begin together, as long as the longer one."""
    if other is None:
        return one
    length = max(one.shape[-1], other.shape[-1])
    return sized(one, length) + sized(other, length)
