"""What all codecs on mel images share: sound to an image, fixed segments of it, and an image back to sound.

A codec of this kind only turns images [B, 1, F * fold, M] into latents [B, D, F] and back. Its networks may see a
whole segment (group norm, attention), so long audio is cut on a fixed grid of `segment` latent frames with `context`
more on either side: a clip of up to one segment is coded as a whole, and a longer one gives the same whether it comes
at once or in pieces. A wave is made of an image by a vocoder where there is one, else by fast Griffin-Lim.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import torch
from einops import rearrange
from torch import Tensor

from songloom.audio.grid import on_grid
from songloom.audio.griffin_lim import GriffinLimStream
from songloom.config import Settings
from songloom.layers.mel import LogMel, MelScale
from songloom.objectives.balancer import adaptive_weight
from songloom.systems.codecs.hifigan import HifiGan
from songloom.systems.codecs.waves import padded, sized
from songloom.systems.roles import Codec

VOCODER_FRAMES = 512
"""Mel frames that the vocoder works on at a time."""


@dataclass(frozen=True, kw_only=True)
class MelSettings(Settings):
    """Settings of every codec on mel images. `vocoder` makes the sound; without it Griffin-Lim of `iterations` does.
    `segment` and `context` are in latent frames."""

    mel: MelScale = field(default_factory=MelScale)
    vocoder: HifiGan.Config | None = None
    iterations: int = 16
    segment: int = 256
    context: int = 16


class MelCodec(Codec):
    """Waves [B, 1, T] to latents of images, and back; the vocoder is frozen."""

    frozen: tuple[str, ...] = ("vocoder",)
    config: MelSettings
    fold: int
    """Mel frames that make one latent frame."""

    def __init__(self, config: MelSettings) -> None:
        super().__init__()
        self.config = config
        self.mel = LogMel(config.mel)
        self.vocoder: HifiGan | None = None
        if config.vocoder is None:
            self.frozen = ()
        else:
            theirs = replace(config.vocoder.mel, level=config.mel.level, spread=config.mel.spread)
            if theirs != config.mel:
                raise ValueError(f"the vocoder hears {config.vocoder.mel}; the codec makes {config.mel}")
            self.vocoder = HifiGan(config.vocoder)
            self.vocoder.requires_grad_(False).eval()

    @abstractmethod
    def encode_image(self, image: Tensor) -> Tensor:
        """Image [B, 1, F * fold, M] -> latents [B, D, F], before any quantisation."""

    @abstractmethod
    def decode_image(self, latents: Tensor) -> Tensor:
        """Latents [B, D, F] -> image [B, 1, F * fold, M]."""

    @property
    def sample_rate(self) -> int:
        return self.config.mel.sample_rate

    @property
    def channels(self) -> int:
        return 1

    @property
    def hop_length(self) -> int:
        return self.fold * self.config.mel.hop_length

    def image(self, wave: Tensor) -> Tensor:
        """Wave [B, 1, T] -> image [B, 1, F * fold, M], F = ceil(T / hop_length)."""
        return self.mel(padded(wave, self)).transpose(-1, -2)

    def encode(self, wave: Tensor) -> Tensor:
        self.check_wave(wave)
        return torch.cat(list(self._latents([wave])), -1)

    @torch.no_grad()
    def encode_stream(self, pieces: Iterable[Tensor]) -> Iterator[Tensor]:
        yield from self._latents(pieces)

    def _latents(self, pieces: Iterable[Tensor]) -> Iterator[Tensor]:
        """Latents of each segment of a stream of waves. A window of samples begins and ends some mel frames early,
        so that what lies beside it is heard and not taken for silence."""
        hop, config = self.hop_length, self.config
        beside = -(-self.mel.margin // config.mel.hop_length)
        margin = beside * config.mel.hop_length
        windows = on_grid(pieces, size=config.segment, context=config.context, taken=hop, margin=margin)
        for window, span in windows:
            mel = self.mel(window)
            image = mel[..., beside : mel.shape[-1] - beside].transpose(-1, -2)
            yield self.encode_image(image)[..., span.wanted]

    def decode(self, latents: Tensor, *, length: int | None = None) -> Tensor:
        self.check_latents(latents)
        wave = torch.cat(list(self.decode_stream([latents])), -1)
        return wave if length is None else sized(wave, length)

    @torch.no_grad()
    def decode_stream(self, latents: Iterable[Tensor]) -> Iterator[Tensor]:
        yield from self.sound(self._mels(latents))

    def _mels(self, latents: Iterable[Tensor]) -> Iterator[Tensor]:
        """Log-mel frames [B, M, f] of each segment of a stream of latents."""
        for window, span in on_grid(latents, size=self.config.segment, context=self.config.context):
            wanted = slice(span.wanted.start * self.fold, span.wanted.stop * self.fold)
            yield rearrange(self.decode_image(window)[:, 0, wanted], "b f m -> b m f")

    def sound(self, mels: Iterable[Tensor]) -> Iterator[Tensor]:
        """Log-mel frames [B, M, f] in pieces -> pieces of wave [B, 1, t], a hop of the mel scale for each frame."""
        return self._guessed(mels) if self.vocoder is None else self._spoken(self.vocoder, mels)

    def _spoken(self, vocoder: HifiGan, mels: Iterable[Tensor]) -> Iterator[Tensor]:
        mine, theirs = self.config.mel, vocoder.config.mel
        for window, span in on_grid(mels, size=VOCODER_FRAMES, context=vocoder.decoder_context):
            heard = (window * mine.spread + mine.level - theirs.level) / theirs.spread
            hop = mine.hop_length
            yield vocoder.decode(heard)[..., span.wanted.start * hop : span.wanted.stop * hop]

    def _guessed(self, mels: Iterable[Tensor]) -> Iterator[Tensor]:
        phases, frames = GriffinLimStream(self.mel.stft, self.config.iterations), 0
        for mel in mels:
            frames += mel.shape[-1]
            yield phases.push(self.mel.magnitudes(mel))[:, None]
        yield phases.finish(frames * self.config.mel.hop_length)[:, None]


def adapted(game: dict[str, Tensor], steady: Tensor, last: Tensor, *, weight: float) -> dict[str, Tensor]:
    """The losses of an adversary, where the adversarial one, which has its `weight` in it, pulls the generator's `last`
    weight `weight` times as strongly as the `steady` loss does (VQGAN, equation 7)."""
    if "adversarial" not in game or not weight:
        return game
    plain = game["adversarial"] / weight
    return game | {"adversarial": weight * adaptive_weight(steady, plain, last) * plain}


def rows_of(latents: Tensor, rows: int) -> Tensor:
    """Latents [B, (rows width), F] as an image [B, width, F, rows]: every row of it is a stream, low bands first."""
    return rearrange(latents, "b (m w) f -> b w f m", m=rows)


def packed(image: Tensor) -> Tensor:
    """The inverse of `rows_of`: image [B, width, F, rows] -> [B, (rows width), F]."""
    return rearrange(image, "b w f m -> b (m w) f")


def places(image: Tensor) -> Tensor:
    """Image [B, width, F, rows] as one long row of places [B, width, (rows F)], for a quantizer of them all."""
    return rearrange(image, "b w f m -> b w (m f)")


def laid_out(row: Tensor, rows: int) -> Tensor:
    """The inverse of `places`."""
    return rearrange(row, "b w (m f) -> b w f m", m=rows)
