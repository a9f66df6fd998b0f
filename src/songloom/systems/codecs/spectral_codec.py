"""The embedded codec: magnitudes without phase, a convolutional autoencoder, residual VQ, Griffin-Lim.

Idea: a short training on two CPU cores learns magnitudes well and phases not at all, so the latents carry
no phase. |STFT|^0.3 of two neighbouring frames is one frame at 31.25 Hz. Its principal components, found
before training from a few hundred crops, already code it better than half an hour of gradient descent from
random weights does; so they stay as a fixed linear path, and ConvNeXt blocks (arXiv 2201.03545), which see
time and a longer window for low pitches, learn only what to add on either side. SoundStream's residual
quantizer (arXiv 2107.03312) with moving-average codebooks (arXiv 1711.00937) turns latents into codes of 10
bits; the fast Griffin-Lim algorithm (Perraudin, Balazs & Sondergaard 2013) finds phases. Part of the training
items pass their latents unquantised, with a little noise, so one decoder serves token models and latent
diffusion alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal, Self

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.audio.chunks import spans
from songloom.audio.griffin_lim import GriffinLimStream
from songloom.audio.spectrogram import Stft, mel_filters
from songloom.bottlenecks.processes import shared
from songloom.bottlenecks.residual import ResidualQuantizer
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.layers.convnext import ConvNeXtStack
from songloom.layers.side_by_side import ahead, on_threads
from songloom.objectives.spectral import log_l1, log_mel_l1, magnitude_l1, peak_error, peak_weights
from songloom.recipe import Recipe
from songloom.systems.roles import Codec

CHUNK_FRAMES = 1024
"""Latent frames that are coded at a time: memory does not grow with the length of the audio."""
BLOCK_FRAMES = 256
"""Spectral frames that Griffin-Lim works on at a time: they stay in the cache."""
START_ROWS = 12_000
"""Latent frames from which the codebooks start."""
SHARPNESS = 10.0
"""Of the softplus that keeps magnitudes above zero: close to the identity above 0.3."""


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """Of the error of compressed magnitudes, of log-mel bands (per neper), of log magnitudes, of spectral
    peaks, and of the distance from the latents to their codes."""

    magnitude: float = 8.0
    log_mel: float = 3.0
    log_magnitude: float = 0.3
    peak: float = 3.0
    commitment: float = 0.25


class SpectralCodec(Codec, kind="spectral-codec"):
    """STFT magnitudes -> latents [B, D, F] -> codes [B, K, F], and back by Griffin-Lim."""

    summary = "phase-free codec with residual VQ and Griffin-Lim; the embedded one"
    phase_free = True
    one_thread = True

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """Two channels are coded as mid and side. `low_bins` are the lowest frequencies of the long window (twice
        `n_fft`) that the encoder sees too; `fold` spectral frames make one latent frame; a fraction `continuous` of
        the training items is not quantised and gets noise of deviation `noise` (latents have mean square 1), half of
        the others pass `usual` books (0: all), the rest any number. What `learns` is everything or, so that codes stay
        as they are, the decoder alone, which then hears codes as `quantize` finds them."""

        sample_rate: int = 32_000
        channels: int = 1
        n_fft: int = 2048
        spectral_hop: int = 512
        fold: int = 2
        low_bins: int = 512
        exponent: float = 0.3
        encoder_width: int = 320
        encoder_depth: int = 4
        decoder_width: int = 384
        decoder_depth: int = 8
        kernel: int = 7
        expansion: int = 3
        quantizer: ResidualQuantizer.Config = field(default_factory=lambda: ResidualQuantizer.Config(width=64, paths=8))
        continuous: float = 0.3
        noise: float = 0.12
        usual: int = 0
        learns: Literal["all", "decoder"] = "all"
        mel_bands: int = 128
        weights: LossWeights = field(default_factory=LossWeights)
        iterations: int = 12

    config: Config
    ready: Tensor
    mean: Tensor
    basis: Tensor
    deviation: Tensor
    mel: Tensor
    peaks: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        if config.channels not in (1, 2):
            raise ValueError(f"channels is {config.channels}; this codec takes 1 or 2")
        self.config = config
        self.stft = Stft(config.n_fft, config.spectral_hop, "same")
        self.long_stft = Stft(2 * config.n_fft, self.hop_length, "same")
        self.folded = config.channels * config.fold * self.stft.bins
        inputs = self.folded + config.channels * config.low_bins
        shape = {"kernel": config.kernel, "expansion": config.expansion}
        width = config.quantizer.width
        self.encoder = ConvNeXtStack(inputs, config.encoder_width, width, depth=config.encoder_depth, **shape)
        self.quantizer = ResidualQuantizer(config.quantizer)
        self.decoder = ConvNeXtStack(width, config.decoder_width, self.folded, depth=config.decoder_depth, **shape)
        for network in (self.encoder, self.decoder):
            nn.init.normal_(network.leave.weight, std=1e-3)
            nn.init.zeros_(network.leave.bias)
        self.register_buffer("ready", torch.zeros((), dtype=torch.int64))
        self.register_buffer("mean", torch.ones(self.folded))
        self.register_buffer("basis", torch.randn(width, self.folded) / self.folded**0.5)
        self.register_buffer("deviation", torch.ones(width))
        filters = mel_filters(config.sample_rate, config.n_fft, config.mel_bands)
        self.register_buffer("mel", filters, persistent=False)
        self.register_buffer("peaks", peak_weights(config.sample_rate, self.stft.bins), persistent=False)
        self.encoder.requires_grad_(config.learns == "all")

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        tiny = cls.Config(
            sample_rate=16_000,
            n_fft=512,
            spectral_hop=128,
            low_bins=64,
            encoder_width=32,
            encoder_depth=1,
            decoder_width=48,
            decoder_depth=2,
            quantizer=ResidualQuantizer.Config(streams=4, codebook_size=32, width=16),
            mel_bands=40,
        )
        return {"spectral-codec": cls.Config(), "spectral-codec-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return Recipe(seconds=0.5, steps=200, batch_size=4, learning_rate=3e-3, warmup=10)
        return Recipe(seconds=1.5, steps=8_000, batch_size=8, learning_rate=1e-3, warmup=200, ema=0.999)

    def train(self, mode: bool = True) -> Self:
        """Training mode, but not for the books when the decoder learns alone."""
        super().train(mode)
        self.quantizer.train(mode and self.config.learns == "all")
        return self

    @property
    def sample_rate(self) -> int:
        return self.config.sample_rate

    @property
    def channels(self) -> int:
        return self.config.channels

    @property
    def hop_length(self) -> int:
        return self.config.fold * self.config.spectral_hop

    @property
    def streams(self) -> int:
        return self.quantizer.streams

    @property
    def codebook_size(self) -> int:
        return self.quantizer.codebook_size

    @property
    def latent_width(self) -> int:
        return self.config.quantizer.width

    def analyse(self, wave: Tensor) -> tuple[Tensor, Tensor]:
        """Wave [B, C, T] -> magnitudes [B, C, bins, fold * F] and the encoder's features [B, F, inputs]."""
        if wave.ndim != 3 or wave.shape[1] != self.channels:
            raise ValueError(f"the wave is {tuple(wave.shape)}; needs [B, {self.channels}, T]")
        frames = math.ceil(wave.shape[-1] / self.hop_length)
        wave = mid_side(functional.pad(wave, (0, frames * self.hop_length - wave.shape[-1])))
        magnitude = self.stft.magnitude(wave)
        pairs = rearrange(magnitude, "b c n (f two) -> b f (two c n)", two=self.config.fold)
        low = self.long_stft.magnitude(wave)[:, :, : self.config.low_bins]
        features = torch.cat([pairs, rearrange(low, "b c n f -> b f (c n)")], -1)
        return magnitude, features.clamp_min(1e-6).pow(self.config.exponent)

    @torch.no_grad()
    def prepare(self, batches: Iterable[Batch]) -> None:
        """Principal components of folded magnitudes, then codebooks by k-means of the latents they give."""
        square, total, count = self.basis.new_zeros(self.folded, self.folded), torch.zeros_like(self.mean), 0
        kept: list[Tensor] = []
        for batch in batches:
            rows = self.analyse(wave_of(batch))[1][..., : self.folded].flatten(0, 1)
            square.addmm_(rows.t(), rows)
            total, count = total + rows.sum(0), count + len(rows)
            if not kept or count <= START_ROWS:
                kept.append(rows[:START_ROWS])
        size = shared(total.new_tensor(float(count)))
        self.mean.copy_(shared(total) / size)
        variances, directions = torch.linalg.eigh(shared(square) / size - torch.outer(self.mean, self.mean))
        variances, directions = variances.flip(0)[: self.latent_width], directions.flip(1)[:, : self.latent_width]
        spread = variances.mean().clamp_min(1e-8).sqrt()
        self.basis.copy_(directions.t() * spread)
        self.deviation.copy_((variances / spread**2).clamp_min(1e-4).sqrt())
        self.ready.fill_(1)
        self.quantizer.start(self._project(torch.cat(kept)))

    def _project(self, pairs: Tensor) -> Tensor:
        """Coordinates [..., D] of compressed folded magnitudes [..., folded] along the principal components."""
        return (pairs - self.mean) @ (self.basis / self.basis.square().sum(1, keepdim=True)).t()

    def latents(self, features: Tensor) -> Tensor:
        """The encoder's features [B, F, inputs] -> latents [B, D, F]."""
        latents = self._project(features[..., : self.folded]) + self.deviation * self.encoder(features)
        return latents.transpose(1, 2)

    def compressed(self, latents: Tensor) -> Tensor:
        """Latents [B, D, F] -> magnitudes to the power `exponent`, [B, C, bins, fold * F]."""
        rows = latents.transpose(1, 2)
        pairs = self.mean + rows @ self.basis + self.decoder(rows / self.deviation)
        pairs = functional.softplus(pairs, beta=SHARPNESS)
        return rearrange(pairs, "b f (two c n) -> b c n (f two)", two=self.config.fold, c=self.channels)

    def magnitudes(self, latents: Tensor) -> Tensor:
        """Latents [B, D, F] -> magnitudes [B, C, bins, fold * F] (two channels: of mid and side)."""
        return self.compressed(latents).pow(1 / self.config.exponent)

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        if self.training and not self.ready:
            self.prepare([batch])
        true, features = self.analyse(wave_of(batch))
        shown, named = self._through_bottleneck(self.latents(features))
        made = self.compressed(shown)
        weights, target = self.config.weights, true.clamp_min(1e-6).pow(self.config.exponent)
        linear = made.pow(1 / self.config.exponent)
        mel = log_mel_l1(linear, true, self.mel)
        return named | {
            "magnitude": weights.magnitude * magnitude_l1(made, target),
            "log_mel": weights.log_mel * mel,
            "log_magnitude": weights.log_magnitude * log_l1(linear, true, floor=1e-2),
            "peak": weights.peak * peak_error(linear, true, self.peaks),
            "~mel_decibels": 20 / math.log(10) * mel.detach(),
        }

    def _through_bottleneck(self, latents: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """What the decoder is shown of latents [B, D, F], and the losses and reports of the bottleneck.

        In training, items draw their part: continuous with noise, all books, or any number of books.
        """
        streams = torch.full((len(latents),), self.config.usual or self.streams, device=latents.device)
        if self.training:
            draw = torch.rand(len(latents), device=latents.device)
            some = torch.randint(1, self.streams + 1, (len(latents),), device=latents.device)
            usual = torch.full_like(some, self.config.usual or self.streams)
            streams = torch.where(draw < (1 + self.config.continuous) / 2, usual, some)
            streams = torch.where(draw < self.config.continuous, 0, streams)
        if self.config.learns == "decoder":
            return self._noised(self._coded(latents, streams), streams), {}
        with torch.autocast(latents.device.type, enabled=False):  # which entry is nearest is decided in float32
            passed = self.quantizer(latents.float(), streams=streams)
        commitment = {"commitment": self.config.weights.commitment * passed.losses["commitment"]}
        reports = {f"~{name}": value for name, value in passed.reports.items()}
        return self._noised(passed.latents, streams), commitment | reports

    def _coded(self, latents: Tensor, streams: Tensor) -> Tensor:
        """Latents [B, D, F] as the codes say that `quantize` finds for them, of `streams` [B] books each (0: as they
        are)."""
        shown = latents.float().clone()
        for count in set(streams.tolist()):
            if count:
                found = self.quantize(shown[streams == count], streams=count)
                shown[streams == count] = self.dequantize(found)
        return shown

    def _noised(self, latents: Tensor, streams: Tensor) -> Tensor:
        """Latents [B, D, F] with a little noise where no book was passed (`streams` [B] is 0)."""
        untouched = (streams == 0).to(latents)[:, None, None]
        return latents + self.config.noise * untouched * torch.randn_like(latents)

    def encode(self, wave: Tensor) -> Tensor:
        if wave.ndim != 3 or not wave.shape[-1]:
            raise ValueError(f"the wave is {tuple(wave.shape)}; needs [B, {self.channels}, T] with T at least 1")
        hop, pieces = self.hop_length, []
        for span in spans(math.ceil(wave.shape[-1] / hop), size=CHUNK_FRAMES, context=self.encoder_context):
            _, features = self.analyse(wave[..., span.first * hop : span.last * hop])
            pieces.append(self.latents(features)[..., span.wanted])
        return torch.cat(pieces, -1)

    @property
    def encoder_context(self) -> int:
        window = math.ceil(self.long_stft.n_fft / self.hop_length / 2)
        return self.encoder.context + window

    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        return self.quantizer.quantize(latents, streams=streams)

    def dequantize(self, codes: Tensor) -> Tensor:
        return self.quantizer.dequantize(codes)

    def decode(self, latents: Tensor, *, length: int | None = None) -> Tensor:
        samples = latents.shape[-1] * self.hop_length if length is None else length
        clips = [torch.cat(list(self.stream(clip)), -1) for clip in torch.split(latents, 1)]
        wave = torch.cat(clips)[..., :samples]
        return functional.pad(wave, (0, samples - wave.shape[-1]))

    @torch.no_grad()
    def stream(self, latents: Tensor) -> Iterator[Tensor]:
        """The wave of latents [1, D, F] in pieces [1, C, t], F * hop_length samples in all."""
        if latents.ndim != 3 or latents.shape[1] != self.latent_width or not latents.shape[2]:
            raise ValueError(f"latents are {tuple(latents.shape)}; needs [B, {self.latent_width}, F], F at least 1")
        phases = GriffinLimStream(self.stft, self.config.iterations)
        for span in spans(latents.shape[-1], size=CHUNK_FRAMES, context=self.decoder.context):
            magnitude = self.magnitudes(latents[..., span.first : span.last])[0]
            wanted = slice(span.wanted.start * self.config.fold, span.wanted.stop * self.config.fold)
            for block in torch.split(magnitude[..., wanted], BLOCK_FRAMES, dim=-1):
                yield left_right(phases.push(block)[None])
        yield left_right(phases.finish()[None])

    def decode_stream(self, latents: Iterable[Tensor]) -> Iterator[Tensor]:
        """Frames are decoded as soon as all frames that the decoder sees beside them have come."""
        return self._heard([piece] for piece in latents)

    def decode_windows(self, windows: Iterable[Tensor]) -> Iterator[Tensor]:
        """While phases are found for a piece of a window, another thread makes the magnitudes of the next one."""
        return self._heard(torch.split(window, self.chunk_frames, dim=-1) for window in windows)

    @torch.no_grad()
    def _heard(self, windows: Iterable[Sequence[Tensor]]) -> Iterator[Tensor]:
        """Pieces of windows -> pieces of wave, each made on one thread, so that their number changes no sample."""
        spectra, phases = MagnitudeStream(self), GriffinLimStream(self.stft, self.config.iterations)
        ended: Sequence[Tensor | None] = [None]
        for window in chain(windows, [ended]):
            for magnitude in ahead(map(spectra.push, window)):
                if magnitude.shape[-1]:
                    with on_threads(1):
                        wave = left_right(phases.push(magnitude)[None])
                    yield wave
        yield left_right(phases.finish()[None])


class MagnitudeStream:
    """Latents in pieces to magnitudes, a frame as soon as all that the decoder sees beside it has come."""

    def __init__(self, codec: SpectralCodec) -> None:
        self.codec, self.context = codec, codec.decoder.context
        self.window: Tensor | None = None
        self.before = 0
        """Frames of the window that are given already, and only seen."""

    def push(self, piece: Tensor | None) -> Tensor:
        """Latents [1, D, f], or None at the end -> magnitudes [C, bins, fold * g], maybe of no frames. Raises
        ValueError for an end before anything came."""
        seen = [part for part in (self.window, piece) if part is not None]
        if not seen:
            raise ValueError("no latents came")
        window = torch.cat(seen, -1)
        end = max(self.before, window.shape[-1] - (0 if piece is None else self.context))
        wanted = slice(self.before * self.codec.config.fold, end * self.codec.config.fold)
        cut = max(0, end - self.context)
        self.window, self.before = window[..., cut:], end - cut
        if wanted.start == wanted.stop:
            return window.new_zeros(self.codec.channels, self.codec.stft.bins, 0)
        with on_threads(1):
            return self.codec.magnitudes(window)[0][..., wanted]


def wave_of(batch: Batch) -> Tensor:
    """The waves [B, C, T] of a batch. Raises ValueError when it holds none."""
    if batch.wave is None:
        raise ValueError("the codec trains on waves; this batch holds none")
    return batch.wave


def mid_side(wave: Tensor) -> Tensor:
    """Left and right [B, 2, T] -> their mean and half their difference; one channel stays as it is."""
    if wave.shape[1] == 1:
        return wave
    left, right = wave.unbind(1)
    return torch.stack([(left + right) / 2, (left - right) / 2], 1)


def left_right(wave: Tensor) -> Tensor:
    """The inverse of `mid_side`."""
    if wave.shape[1] == 1:
        return wave
    mid, side = wave.unbind(1)
    return torch.stack([mid + side, mid - side], 1)
