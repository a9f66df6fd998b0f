"""What all generators by latent diffusion share: training on a codec's latents, sampling, audio to start from.

A system of this kind only says how a request, or a batch, becomes conditions of its network. Audio that is to stay
(what a continuation begins with, what lies outside of inpainted regions) is known to the sampler at every step, and
its own samples stand in the result.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import torch
from torch import Tensor

from songloom.audio.chunks import exactly
from songloom.audio.splice import spliced
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.diffusion import times
from songloom.diffusion.latent_diffusion import (
    LatentScale,
    Predict,
    Regularised,
    Scaling,
    denoiser,
    denoising_losses,
    keeping,
    latents_of,
)
from songloom.diffusion.processes import Cosine, Process
from songloom.diffusion.samplers import Denoiser, sampler, seeded
from songloom.systems.request import Request
from songloom.systems.roles import Codec, Generator, Progress

Times = Literal["uniform", "logit-normal", "log-normal"]
FADE_SECONDS = 0.01
"""Of the passage from audio that is kept to audio that was made."""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How a piece is sampled unless a request says otherwise. Schedules of ratios of noise to signal go from `most`
    to `least`; `rescale` brings guided predictions back to their deviation by so much; `strength` is how much an
    `init` changes; with `shifted` a flow's times depend on the length as in training."""

    sampler: str = "dpm-3m-sde"
    schedule: str = "exponential"
    least: float = 0.3
    most: float = 500.0
    steps: int = 100
    guidance: float = 7.0
    rescale: float = 0.0
    strength: float = 0.7
    shifted: bool = False


@dataclass(frozen=True, kw_only=True)
class LatentSettings(Settings):
    """`codec` is frozen, its latents continuous or quantised; their `scaling` is measured before training. Training
    draws `times`; of a flow they are shifted by the length where `shift` gives its limits in frames."""

    codec: Settings
    process: Settings = field(default_factory=Cosine.Config)
    regularised: Regularised = "continuous"
    scaling: Scaling = "channels"
    times: Times = "uniform"
    shift: tuple[int, int] | None = None
    sampling: Sampling = field(default_factory=Sampling)


@dataclass(frozen=True, slots=True)
class Source:
    """Audio that a piece starts from: its wave [C, T] and which samples [T] stay; its latents [1, D, F] and which
    frames [F] stay; how much of the rest is new, 0..1."""

    wave: Tensor
    kept: Tensor
    latents: Tensor
    frames: Tensor
    strength: float


class LatentGenerator(Generator):
    """A request to latents by diffusion, and to a wave by the codec."""

    uses: ClassVar[frozenset[str]] = frozenset(
        {"negative_prompt", "guidance", "steps", "init", "init_strength", "inpaint", "continuation"}
    )
    frozen: tuple[str, ...] = ("codec",)
    config: LatentSettings

    def __init__(self, config: LatentSettings) -> None:
        super().__init__()
        self.config = config
        self.codec: Codec = config.codec.build()
        self.codec.requires_grad_(False).eval()
        self.process: Process = config.process.build()
        self.scale = LatentScale(self.codec.latent_width)
        sampler(config.sampling.sampler)
        self.times(1, 1)  # an unknown name shows itself now

    @property
    def sample_rate(self) -> int:
        return self.codec.sample_rate

    @property
    def channels(self) -> int:
        return self.codec.channels

    @property
    @abstractmethod
    def longest(self) -> int:
        """The most frames F that can be made at once."""

    @abstractmethod
    def frames(self, samples: int) -> int:
        """Frames F that are made for a piece of so many samples."""

    @abstractmethod
    def network(self, request: Request, frames: int, guidance: float) -> Predict:
        """The network under a request's conditions and guidance, for [1, D, F]."""

    @abstractmethod
    def training_network(self, batch: Batch, frames: int) -> Predict:
        """The network under a batch's conditions, some of them hidden in training, for [B, D, F]."""

    def prepare(self, batches: Iterable[Batch]) -> None:
        """Measures the scale of the latents."""
        if self.config.scaling != "none":
            found = (latents_of(batch, self.codec, self.config.regularised) for batch in batches)
            self.scale.measure(found, self.config.scaling)

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        latents, mask = latents_of(batch, self.codec, self.config.regularised)
        drawn = times.DRAWS[self.config.times](len(batch)).to(latents.device)
        if self.config.shift is not None:
            drawn = times.shifted(drawn, times.factor_of_length(latents.shape[-1], *self.config.shift))
        predict = self.training_network(batch, latents.shape[-1])
        return denoising_losses(predict, self.process, self.scale(latents), mask, drawn)

    def check(self, request: Request) -> None:
        super().check(request)
        most = self.longest * self.codec.hop_length / self.sample_rate
        if round(request.seconds * self.sample_rate) > self.longest * self.codec.hop_length:
            raise ValueError(f"{self.config.kind} makes at most {most:.1f} s at once, not {request.seconds:g}")
        if request.init is not None and request.continuation is not None:
            raise ValueError("init and continuation are two ways to begin; give one of them")

    def pieces(self, request: Request, seed: int, progress: Progress | None = None) -> Iterator[Tensor]:
        samples = round(request.seconds * self.sample_rate)
        source = self.source(request, self.frames(samples))
        latents = self.draw(request, source, seed, progress)
        reach = self.codec.decoder_context
        if reach is not None:  # what lies beyond it would not be heard
            latents = latents[..., : math.ceil(samples / self.codec.hop_length) + reach]
        pieces = self.codec.decode_stream(torch.split(latents, self.codec.chunk_frames, dim=-1))
        if source is None or not bool(source.kept.any()):
            yield from pieces
            return
        made = torch.cat(list(exactly(pieces, samples)), dim=-1).float()
        fade = round(FADE_SECONDS * self.sample_rate)
        yield spliced(source.wave[None, :, :samples], made, source.kept[:samples], fade)

    def source(self, request: Request, frames: int) -> Source | None:
        """The audio that a request brings, over so many frames; None when it brings none."""
        audio = request.init or request.continuation
        if audio is None:
            return None
        given = audio.fitted(self.sample_rate, self.channels).to(self.scale.mean)
        size, hop = frames * self.codec.hop_length, self.codec.hop_length
        length = min(given.shape[-1], size)
        wave = torch.nn.functional.pad(given[..., :size], (0, size - length))
        stays = torch.zeros(size, dtype=torch.bool, device=wave.device)
        if request.continuation is not None or request.inpaint:
            stays[: min(length, round(request.seconds * self.sample_rate))] = True
        for begin, end in request.inpaint:
            stays[math.floor(begin * self.sample_rate) : math.ceil(end * self.sample_rate)] = False
        whole = stays.view(frames, hop).all(1)
        if request.continuation is not None:  # nothing of it is left to fade out beyond its end
            stays[max(0, length - round(FADE_SECONDS * self.sample_rate)) :] = False
        latents = self.codec.encode(wave[None])
        if self.config.regularised == "quantised":
            latents = self.codec.dequantize(self.codec.quantize(latents))
        return Source(wave, stays, self.scale(latents), whole, self._strength(request))

    def _strength(self, request: Request) -> float:
        if request.init_strength is not None:
            return request.init_strength
        return self.config.sampling.strength if request.init is not None and not request.inpaint else 1.0

    def draw(self, request: Request, source: Source | None, seed: int, progress: Progress | None = None) -> Tensor:
        """Latents [1, D, F] of the codec for one candidate."""
        config = self.config.sampling
        frames = self.frames(round(request.seconds * self.sample_rate))
        steps = config.steps if request.steps is None else request.steps
        visited = self.times(steps, frames)
        if source is not None:
            visited = visited[round((1 - source.strength) * steps) :]
        noise = seeded(torch.Generator().manual_seed(seed))
        x = noise(self.scale.mean.new_empty(1, self.codec.latent_width, frames))
        guidance = config.guidance if request.guidance is None else request.guidance
        denoise = denoiser(self.network(request, frames, guidance), self.process)
        known = torch.zeros_like(x) if source is None else source.latents
        if source is not None:
            denoise = keeping(denoise, known, source.frames)
            if source.strength == 1:
                known = known * source.frames
        if len(visited) == 1:
            return self.scale.undo(known)
        x = self.process.noised(known, x, visited[0])
        made = sampler(config.sampler)(told(denoise, visited, progress), x, visited, self.process, noise=noise)
        return self.scale.undo(made)

    def times(self, steps: int, frames: int) -> Tensor:
        """The times that sampling visits [steps + 1]."""
        config = self.config.sampling
        found = times.schedule(config.schedule, self.process, steps, least=config.least, most=config.most)
        if config.shifted and self.config.shift is not None:
            found = times.shifted(found, times.factor_of_length(frames, *self.config.shift))
        return found


def told(denoise: Denoiser, visited: Tensor, progress: Progress | None) -> Denoiser:
    """A denoiser that tells how many of the visited times are behind."""
    if progress is None:
        return denoise

    def denoise_and_tell(x: Tensor, time: Tensor) -> Tensor:
        made = denoise(x, time)
        progress(int((visited >= time).sum()) / (len(visited) - 1))
        return made

    return denoise_and_tell
