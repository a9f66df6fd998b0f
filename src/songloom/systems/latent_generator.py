"""What all generators by latent diffusion share: training on a codec's latents, sampling, audio to start from.

A system of this kind only says how a request, or a batch, becomes conditions of its network. Audio that is to stay
(what a continuation begins with, what lies outside of inpainted regions) is known to the sampler at every step, and
its own samples stand in the result. What is longer than the network's window is made window by window, and heard as it
is made; a loop is a circle of latents.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

import torch
from torch import Tensor

from songloom.audio.chunks import exactly
from songloom.audio.loops import fitted_circle, looped
from songloom.audio.splice import spliced
from songloom.audio.tone import Tone, toned
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
from songloom.diffusion.resampling import resampled
from songloom.diffusion.samplers import Denoiser, Noise, sampler, seeded
from songloom.diffusion.windows import blended, circle, circular, fading, shares, windows
from songloom.layers.accelerate import accelerate
from songloom.layers.captured import Replayed
from songloom.layers.dit import Dit
from songloom.layers.matrices import Precision
from songloom.layers.side_by_side import in_turn
from songloom.systems import roles
from songloom.systems.request import Request
from songloom.systems.roles import Codec, Generator, Progress
from songloom.systems.together import handed_out

Times = Literal["uniform", "logit-normal", "log-normal"]
FADE_SECONDS = 0.01
"""Of the passage from audio that is kept to audio that was made."""
OVERLAP = 0.25
"""Part of a window that is known from the one before."""
SEAM_SECONDS = 1.0
"""Over which one window passes into the next, at the end of what both have."""
PASSAGE_SECONDS = 1.0
"""Over which one section of a story passes into the next."""
MIDDLE_SECONDS = 8.0
"""Of music that a loop, for the network, has before and after it: it neither begins nor ends."""
LEAST_MARGIN, MARGIN_SECONDS = 4, 4.0
"""Frames that the network has to see of a loop's other end, and seconds that it sees where there is room."""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How a piece is sampled unless a request says otherwise. Schedules of ratios of noise to signal go from `most`
    to `least`; `rescale` brings guided predictions back to their deviation by so much; `strength` is how much an
    `init` changes; with `shifted` a flow's times depend on the length as in training. In windows that go on from one
    before, the later steps are taken `passes` times (`diffusion/resampling.py`): a smoother way on, for more time."""

    sampler: str = "dpm-3m-sde"
    schedule: str = "exponential"
    least: float = 0.3
    most: float = 500.0
    steps: int = 100
    guidance: float = 7.0
    rescale: float = 0.0
    strength: float = 0.7
    shifted: bool = False
    passes: int = 1


@dataclass(frozen=True, kw_only=True)
class LatentSettings(Settings):
    """`codec` is frozen, its latents continuous or quantised; their `scaling` is measured before training. Training
    draws `times`; of a flow they are shifted by the length where `shift` gives its limits in frames, and by `noisier`
    beyond that: what holds for a whole stretch (style, sound) is heard through more noise than what holds for a frame,
    and is decided before the usual times begin."""

    codec: Settings
    process: Settings = field(default_factory=Cosine.Config)
    regularised: Regularised = "continuous"
    scaling: Scaling = "channels"
    times: Times = "uniform"
    shift: tuple[int, int] | None = None
    noisier: float = 1.0
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


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a network makes at once: `frames` F from frame `begin` of a piece on, under the words of one of its
    sections. In a loop, frames below 0 and beyond the end are those of its other end; as it is rounded to whole frames,
    a second of frames stands for `pace` seconds of the piece."""

    begin: int
    frames: int
    pace: float = 1.0
    section: int = 0

    def start(self, frame_rate: float) -> float:
        """Where it begins, in seconds of the piece."""
        return self.begin / frame_rate * self.pace

    def span(self, frame_rate: float, request: Request) -> tuple[float, float]:
        """Where it begins, and how long all of the piece is that the network is told of, in seconds."""
        around = MIDDLE_SECONDS if request.loop else 0.0
        return self.start(frame_rate) + around, request.seconds + 2 * around


class LatentGenerator(Generator):
    """A request to latents by diffusion, and to a wave by the codec."""

    uses: ClassVar[frozenset[str]] = frozenset(
        {"negative_prompt", "guidance", "steps", "init", "init_strength", "inpaint", "continuation", "story", "loop"}
    )
    batched = True
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

    @property
    def grain(self) -> int:
        """Frames that belong together: a loop has a whole number of grains."""
        return 1

    @abstractmethod
    def network(self, requests: Sequence[Request], stretch: Stretch, guidance: float) -> Predict:
        """The network under the conditions of B requests and guidance, for [B, D, F] of a stretch of each one's
        piece."""

    @abstractmethod
    def training_network(self, batch: Batch, frames: int) -> Predict:
        """The network under a batch's conditions, some of them hidden in training, for [B, D, F]."""

    def prepare(self, batches: Iterable[Batch]) -> None:
        """Measures the scale of the latents."""
        if self.config.scaling != "none":
            found = (latents_of(batch, self.codec, self.config.regularised) for batch in batches)
            self.scale.measure(found, self.config.scaling)

    @property
    def sampling(self) -> Sampling:
        """How a piece is sampled unless a request says otherwise."""
        return self.config.sampling

    def guidance(self, request: Request) -> float:
        """How strongly the prompt of a request pulls; 1 is not at all."""
        return self.sampling.guidance if request.guidance is None else request.guidance

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        latents, mask = latents_of(batch, self.codec, self.config.regularised)
        drawn = times.DRAWS[self.config.times](len(batch)).to(latents.device)
        drawn = self.shifted(drawn, latents.shape[-1])
        predict = self.training_network(batch, latents.shape[-1])
        return denoising_losses(predict, self.process, self.scale(latents), mask, drawn)

    def hold(self, precision: Precision | None = None) -> None:
        super().hold(precision)
        for network in [module for module in self.modules() if isinstance(module, Dit)]:
            accelerate(network, precision or self.precisions[0])

    def check(self, request: Request) -> None:
        super().check(request)
        if request.init is not None and request.continuation is not None:
            raise ValueError("init and continuation are two ways to begin; give one of them")
        if request.negative_prompt and self.guidance(request) == 1:
            raise ValueError(f"negative_prompt is heard by guidance, which {self.config.kind} has off here; give one")
        most = (self.longest - 2 * self.margin(self.longest)) * self.codec.hop_length / self.sample_rate
        if request.loop and request.seconds > most:
            raise ValueError(
                f"{self.config.kind} makes loops at once, of at most {most:.1f} s, not {request.seconds:g}"
            )

    def pieces(self, request: Request, seed: int, progress: Progress | None = None) -> Iterator[Tensor]:
        yield from self.several([request], [seed], progress)[0]

    def several(
        self, requests: Sequence[Request], seeds: Sequence[int], progress: Progress | None = None
    ) -> list[Iterator[Tensor]]:
        """See `Generator.several`. Only candidates of one request may have sounds to begin with."""
        return [self.decoded(*drawn) for drawn in self.drawn(requests, seeds, progress)]

    @torch.no_grad()
    def waves(self, request: Request, seeds: Sequence[int], progress: Progress | None = None) -> list[Tensor]:
        """All latents are drawn before any is decoded, so that candidates can be decoded side by side."""
        if len(seeds) == 1 or not self.codec.one_thread:
            return super().waves(request, seeds, progress)
        drawn = self.drawn([request] * len(seeds), seeds, progress)
        there = [(one, source, iter(list(latents))) for one, source, latents in drawn]
        made = in_turn([self.finished(request, self.decoded(*one)) for one in there])
        return [torch.cat(pieces, dim=-1) for pieces in made]

    @torch.no_grad()
    def drawn(
        self, requests: Sequence[Request], seeds: Sequence[int], progress: Progress | None = None
    ) -> list[tuple[Request, Source | None, Iterator[Tensor]]]:
        """Of each piece of a batch: its request alone, what it begins with, and its latents [1, D, f], window by window
        as they are drawn for all."""
        requests = [replace(one, seed=seed, candidates=1) for one, seed in zip(requests, seeds, strict=True)]
        first, (_, samples) = requests[0], self.samples(requests[0])
        source = None if first.loop else self.source(first, self.extent(samples)[-1][1])
        windows = (torch.split(window, 1) for window in self.latents(requests, source, seeds, progress))
        return [
            (one, source, latents) for one, latents in zip(requests, handed_out(windows, len(requests)), strict=True)
        ]

    def decoded(self, request: Request, source: Source | None, latents: Iterator[Tensor]) -> Iterator[Tensor]:
        """Latents [1, D, f] of a candidate, window by window -> pieces of its wave [1, C, t]."""
        lead, samples = self.samples(request)
        if request.loop:
            yield self.around(torch.cat(list(latents), dim=-1), lead, samples)
            return
        reach = self.codec.decoder_context
        if reach is not None:  # what lies beyond it would not be heard
            latents = exactly(latents, math.ceil(samples / self.codec.hop_length) + reach, filled=False)
        pieces = self.codec.decode_windows(latents)
        if source is None or not bool(source.kept.any()):
            yield from pieces
            return
        # What is kept sounds as recorded; what is made beside it must not sound as the model alone would mix it.
        mix = Tone(mix=self.tone(request).mix)
        pieces = exactly(pieces, samples)
        made = torch.cat(list(toned(pieces, self.sample_rate, mix) if mix else pieces), dim=-1).float()
        fade = round(FADE_SECONDS * self.sample_rate)
        yield spliced(source.wave[None, :, :samples], made, source.kept[:samples], fade)

    def extent(self, samples: int) -> list[tuple[int, int]]:
        """Where the windows of a piece of so many samples begin and end."""
        if samples <= self.longest * self.codec.hop_length:
            return [(0, self.frames(samples))]
        overlap = max(1, round(OVERLAP * self.longest / self.grain)) * self.grain
        found = windows(self.codec.frames(samples), self.longest, min(overlap, self.longest - self.grain))
        begin = found[-1][0]
        return [*found[:-1], (begin, begin + self.frames(samples - begin * self.codec.hop_length))]

    def passage(self, overlap: int) -> int:
        """Frames, of those that two windows have in common, over which the first passes into the second."""
        return min(round(SEAM_SECONDS * self.codec.frame_rate), overlap // 2)

    def margin(self, frames: int) -> int:
        """Frames of a loop of so many that its network sees once more beyond each end."""
        room, wanted = (self.longest - frames) // 2, round(MARGIN_SECONDS * self.codec.frame_rate)
        least = -(-LEAST_MARGIN // self.grain) * self.grain
        return max(least, min(room, wanted, frames) // self.grain * self.grain)

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
        if frames <= self.longest:
            latents = self.codec.encode(wave[None])
        else:
            latents = torch.cat(list(self.codec.encode_stream([wave[None]])), dim=-1)
        if self.config.regularised == "quantised":
            latents = self.codec.dequantize(self.codec.quantize(latents))
        return Source(wave, stays, self.scale(latents), whole, self._strength(request))

    def _strength(self, request: Request) -> float:
        if request.init_strength is not None:
            return request.init_strength
        return self.sampling.strength if request.init is not None and not request.inpaint else 1.0

    def draw(self, request: Request, source: Source | None, seed: int, progress: Progress | None = None) -> Tensor:
        """Latents [1, D, F] of the codec for one candidate."""
        return torch.cat(list(self.latents([request], source, [seed], progress)), dim=-1)

    def latents(
        self,
        requests: Sequence[Request],
        source: Source | None,
        seeds: Sequence[int],
        progress: Progress | None = None,
    ) -> Iterator[Tensor]:
        """Latents [B, D, f] of the codec for a candidate of each of B requests of one shape, window by window; of a
        loop its circle. All of them begin with the `source` where there is one."""
        request, size = requests[0], len(requests)
        noise = seeded(*(torch.Generator().manual_seed(seed) for seed in seeds))
        if request.loop:
            yield self.closed(requests, noise, progress)
            return
        plan = self.extent(self.samples(request)[1])
        made: Tensor | None = None
        first, ended, given = self.scale.mean.new_empty(0), 0, 0
        for place, (begin, end) in enumerate(plan):
            known = self.scale.mean.new_zeros(size, self.codec.latent_width, end - begin)
            kept = known.new_zeros(end - begin)
            if source is not None:
                known, kept = source.latents[..., begin:end].repeat(size, 1, 1), source.frames[begin:end].to(known)
            if made is not None:
                known[..., : ended - begin] = made[..., begin - ended :]
                fades = fading(ended - begin, self.passage(ended - begin)).to(kept)
                kept[: ended - begin] = torch.maximum(kept[: ended - begin], fades)
            strength = 1.0 if source is None else source.strength
            predict = self.predict(requests, Stretch(begin, end - begin))
            fresh = noise(known)
            if made is not None:  # frames that are known come from the noise that they were made of
                fresh[..., : ended - begin] = first[..., begin - ended :]
            first, part = fresh, part_of(progress, place, len(plan))
            passes = 1 if made is None else self.sampling.passes
            made = self.sampled(request, predict, known, kept, strength, first, noise, part, passes=passes)
            until = end if place == len(plan) - 1 else end - self.passage(end - plan[place + 1][0])
            yield self.scale.undo(made[..., given - begin : until - begin])
            ended, given = end, until

    def closed(self, requests: Sequence[Request], noise: Noise, progress: Progress | None) -> Tensor:
        """Latents [B, D, F] of loops: the last frame is followed by the first."""
        hop, samples = self.codec.hop_length, self.samples(requests[0])[1]
        frames = max(1, round(samples / hop / self.grain)) * self.grain
        margin = self.margin(frames)
        stretch = Stretch(-margin, frames + 2 * margin, samples / (frames * hop))
        known = self.scale.mean.new_zeros(len(requests), self.codec.latent_width, frames)
        kept = known.new_zeros(frames)
        predict = circular(self.predict(requests, stretch), margin)
        return self.scale.undo(self.sampled(requests[0], predict, known, kept, 1.0, noise(known), noise, progress))

    def around(self, latents: Tensor, lead: int, samples: int) -> Tensor:
        """The wave [1, C, T] of a loop, its lead before it: latents [1, D, F] on a circle, decoded with their
        neighbours on both sides. As they last a little more or less than was asked, the circle is stretched to it."""
        hop, frames, reach = self.codec.hop_length, latents.shape[-1], self.codec.decoder_context
        beside = frames if reach is None else max(1, reach)
        beyond = latents[..., circle(frames, beside, latents.device)]
        wave = torch.cat(list(self.codec.decode_windows([beyond])), dim=-1)
        fade = min(round(roles.FADE_SECONDS * self.sample_rate), min(beside, frames) * hop)
        heard = wave[..., beside * hop - fade : (beside + frames) * hop].float()  # its phases may not be a circle
        once = fitted_circle(torch.cat(list(looped([heard], fade, frames * hop, fade)), dim=-1), samples)
        return once[..., torch.arange(-lead, samples, device=once.device) % samples]

    def predict(self, requests: Sequence[Request], stretch: Stretch) -> Predict:
        """The network for a stretch: where several sections are in it, each for as long as it lasts."""
        request, guidance = requests[0], self.guidance(requests[0])
        rate, places = self.codec.frame_rate, torch.arange(stretch.frames)
        moments = (stretch.start(rate) + (places + 0.5) / rate * stretch.pace).to(self.scale.mean)
        if request.loop:
            moments = moments % request.seconds
        weights = shares([start for start, _ in request.sections], moments, PASSAGE_SECONDS)
        heard = [section for section, weight in enumerate(weights) if bool(weight.any())]
        networks = [self.network(requests, replace(stretch, section=section), guidance) for section in heard]
        return blended(networks, weights[heard])

    def sampled(
        self,
        request: Request,
        predict: Predict,
        known: Tensor,
        kept: Tensor,
        strength: float,
        first: Tensor,
        noise: Noise,
        progress: Progress | None,
        *,
        passes: int = 1,
    ) -> Tensor:
        """Latents [B, D, F] of the process, from the `first` noise: those `known` as far as they are `kept` [F] (0..1),
        the rest new by so much, its later steps taken `passes` times."""
        steps = self.sampling.steps if request.steps is None else request.steps
        visited = self.times(steps, known.shape[-1])[round((1 - strength) * steps) :]
        denoise = denoiser(Replayed(predict), self.process)
        if bool(kept.any()):
            denoise = keeping(denoise, known, kept)
        if strength == 1:
            known = known * kept
        if len(visited) == 1:
            return known
        x = self.process.noised(known, first, visited[0])
        run = resampled(sampler(self.sampling.sampler), passes)
        return run(told(denoise, visited, progress), x, visited, self.process, noise=noise)

    def times(self, steps: int, frames: int) -> Tensor:
        """The times that sampling visits [steps + 1]."""
        config = self.sampling
        found = times.schedule(config.schedule, self.process, steps, least=config.least, most=config.most)
        return self.shifted(found, frames) if config.shifted else found

    def shifted(self, found: Tensor, frames: int) -> Tensor:
        """A flow's times for a stretch of so many frames, towards noise."""
        if self.config.shift is None:
            return found
        return times.shifted(found, self.config.noisier * times.factor_of_length(frames, *self.config.shift))


def part_of(progress: Progress | None, place: int, count: int) -> Progress | None:
    """Tells of one of `count` parts as of the whole."""
    return None if progress is None else lambda done: progress((place + done) / count)


def told(denoise: Denoiser, visited: Tensor, progress: Progress | None) -> Denoiser:
    """A denoiser that tells how many of the visited times are behind."""
    if progress is None:
        return denoise
    most = 0.0

    def denoise_and_tell(x: Tensor, time: Tensor) -> Tensor:
        nonlocal most
        made = denoise(x, time)
        most = max(most, int((visited >= time).sum()) / (len(visited) - 1))
        progress(most)
        return made

    return denoise_and_tell
