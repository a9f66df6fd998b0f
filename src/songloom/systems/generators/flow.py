"""A rectified flow over the embedded codec's latents: the small generator of the continuous family.

Idea: rectified flow (Liu et al. 2022, arXiv 2209.03003) with logit-normal times (Esser et al. 2024, arXiv
2403.03206) and a diffusion transformer (Peebles & Xie 2022, arXiv 2212.09748) made small enough to learn on two CPU
cores. All frames are made at once, so a piece costs a few passes however long it is. The conditions are those of
the embedded token model: text by cross-attention to frozen MiniLM vectors, and as one vector with the style, mood and
instruments that a reader finds in it; what a small model does not learn from words alone (tempo, key, drums, meter,
place in the piece) for every frame; and curves of melody, dynamics and rhythm, any of them, for any part of the time
(as Wu et al. 2023 train them, arXiv 2311.07069). Once it is trained, a second training straightens its paths, for a few
steps without guidance, a third one teaches it by what a tagger hears in what it makes, and a fourth one to go
where it goes when it is led away from drums that are ruled out, and from other moods:
songloom train flow --init runs/flow/checkpoint --set straight=8 --data ... --out runs/straight
songloom train flow --init runs/straight/checkpoint --part tagger=runs/tagger/checkpoint --set heard=0.1 ...
songloom train flow --init runs/heard/checkpoint --set straight=8 --set away.drums=0.5 --set otherwise.undrummed=0.5 ...
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self, cast

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.audio.tone import Tone
from songloom.conditioning import musical
from songloom.conditioning.attributes import Vocabulary
from songloom.conditioning.conditioners import MusicalConditioner, TextConditioner
from songloom.conditioning.curve_batch import (
    CurveConditioner,
    Curves,
    HiddenCurves,
    joined,
    of_controls,
    unknown,
)
from songloom.conditioning.guidance import guide
from songloom.conditioning.musical import Musical
from songloom.conditioning.opposite import Away
from songloom.conditioning.otherwise import Otherwise
from songloom.conditioning.reading import TONE, brightness, described, read
from songloom.conditioning.told import Dropped, Told
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.diffusion import heard
from songloom.diffusion.latent_diffusion import Predict, Scaling, guided, latents_of
from songloom.diffusion.led import away, led_losses
from songloom.diffusion.processes import Flow as FlowProcess
from songloom.diffusion.straight import checked_flow, straight_losses
from songloom.layers.dit import Dit, DitShape, Given
from songloom.layers.matrices import Precision
from songloom.recipe import Recipe
from songloom.systems.codecs.spectral_codec import SpectralCodec
from songloom.systems.controls import CONTROLS, curves_of
from songloom.systems.latent_generator import LatentGenerator, LatentSettings, Sampling, Stretch, Times
from songloom.systems.listeners.tagger import Tagger
from songloom.systems.request import Request
from songloom.systems.wants import wants

GUIDANCE = frozenset({"guidance", "negative_prompt"})
"""What a straightened model has no use for: its teacher's guidance is inside."""
LEARNED = ("text", "musical", "curves", "dit")
"""What a student has of its own."""


class Flow(LatentGenerator, kind="flow"):
    """Text and musical controls -> latents -> music."""

    summary = "rectified flow by a small diffusion transformer over the embedded codec's latents; few steps"
    uses: ClassVar[frozenset[str]] = LatentGenerator.uses | {"tempo", "key", "drums"} | CONTROLS
    precisions: ClassVar[tuple[Precision, ...]] = ("float32", "bfloat16", "int8")

    @dataclass(frozen=True, kw_only=True)
    class Config(LatentSettings):
        """`patch` frames make one position of the transformer; `window` frames can be made at once; the prompt is cut
        to `text_tokens`; `reading` weighs the losses of the reader of `vocabulary`, who sees `glossary` phrases a step
        beside the captions; `curves` says how often training hides them (None: a flow that takes no curves). With
        `straight` above 0 it learns, from the model that it begins as, to go in so many steps without guidance where
        that one goes in `strides` of Heun's for each under the guidance of `sampling`. With `heard` above 0 a straight
        model learns from what `tagger` hears in its music, so much for each unit of how far it strays from where it
        began; some of it is asked for `otherwise` than its pieces are told of. With `away` it learns to go where it
        went when it was led so far away from the opposite of what is asked. A mood that is read makes the sound
        brighter or darker by `tone` decibels an octave for each unit of its brightness; `mix` is what bands get beside,
        as the model's own music lacks it (`training/mix.py`)."""

        codec: Settings = field(default_factory=SpectralCodec.Config)
        process: Settings = field(default_factory=FlowProcess.Config)
        scaling: Scaling = "whole"
        times: Times = "logit-normal"
        shift: tuple[int, int] | None = (256, 1024)
        noisier: float = 4.0
        shape: DitShape = field(
            default_factory=lambda: DitShape(
                width=256, depth=8, heads=4, hidden=704, context_width=256, timing="modulation", normed_heads=True
            )
        )
        patch: int = 2
        window: int = 1126
        text_tokens: int = 64
        reading: float = 0.1
        glossary: int = 24
        vocabulary: Vocabulary = field(default_factory=Vocabulary)
        dropped: Dropped = field(default_factory=Dropped)
        curves: HiddenCurves | None = field(default_factory=HiddenCurves)
        straight: int = 0
        strides: int = 2
        heard: float = 0.0
        away: Away = field(default_factory=Away)
        tagger: Tagger.Config = field(default_factory=Tagger.Config)
        otherwise: Otherwise = field(default_factory=Otherwise)
        tone: float = TONE
        mix: tuple[float, ...] = ()
        sampling: Sampling = field(
            default_factory=lambda: Sampling(sampler="heun", schedule="linear", steps=16, guidance=2.5, shifted=True)
        )

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        if config.patch < 1 or config.window % config.patch:
            raise ValueError(f"patch is {config.patch}; it must be 1 or more and divide the window of {config.window}")
        if config.straight < 0 or config.strides < 1:
            raise ValueError(f"straight is {config.straight}, strides {config.strides}; they must be at least 0 and 1")
        if config.heard < 0 or (config.heard and not config.straight):
            raise ValueError(f"heard is {config.heard:g}; it must be at least 0, and only a straight flow can be heard")
        if config.away and not config.straight:
            raise ValueError("only a straight flow learns to be led away: set straight too")
        if config.straight:
            checked_flow(self.process)
            self.opponents = ("teacher", "tagger") if config.heard else ("teacher",)
        if config.heard and (config.tagger.codec, config.tagger.vocabulary) != (config.codec, config.vocabulary):
            raise ValueError("the tagger hears the latents of another codec, or has other names than the flow")
        self.teacher: nn.ModuleDict | None = None
        self.tagger: Tagger | None = None
        self.text = TextConditioner(config.shape.width, config.text_tokens, config.vocabulary)
        self.musical = MusicalConditioner(config.shape.width)
        self.curves = CurveConditioner(config.shape.width, config.patch) if config.curves else None
        Tone(mix=config.mix)  # refused now rather than when music is made
        width = config.shape.width
        self.dit = Dit(
            config.shape, channels=config.patch * self.codec.latent_width, token_width=width, vector_width=width
        )

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        tiny = cls.Config(
            codec=SpectralCodec.presets()["spectral-codec-tiny"],
            shape=DitShape(
                width=48, depth=2, heads=2, hidden=96, context_width=48, timing="modulation", normed_heads=True
            ),
            window=1024,
            text_tokens=16,
            noisier=1.0,
            sampling=Sampling(sampler="heun", schedule="linear", steps=6, guidance=2.0, shifted=True),
        )
        return {"flow": cls.Config(), "flow-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return Recipe(
                inputs="latents",
                curves=True,
                seconds=1.0,
                steps=300,
                batch_size=8,
                learning_rate=3e-3,
                warmup=10,
                optimizer="muon",
            )
        return Recipe(
            inputs="latents",
            curves=True,
            seconds=10.0,
            crop="downbeat",
            long_seconds=32.0,
            long_share=0.25,
            steps=6_000,
            batch_size=8,
            optimizer="muon",
            learning_rate=2e-3,
            muon_rate=0.02,
            warmup=100,
            ema=0.998,
        )

    @property
    def sampling(self) -> Sampling:
        """A straightened model has its teacher's guidance in it."""
        own, steps = self.config.sampling, self.config.straight
        return replace(own, sampler="euler", steps=steps, guidance=1.0) if steps else own

    @property
    def usual_candidates(self) -> int:
        """A straightened model is so fast that it may try again."""
        return 3 if self.config.straight else 1

    @property
    def longest(self) -> int:
        return self.config.window

    @property
    def grain(self) -> int:
        return self.config.patch

    def frames(self, samples: int) -> int:
        return -(-self.codec.frames(samples) // self.config.patch) * self.config.patch

    @property
    def controls(self) -> frozenset[str]:
        without = CONTROLS if self.curves is None else frozenset()
        return self.uses - without - (GUIDANCE if self.config.straight else frozenset())

    def tone(self, request: Request) -> Tone:
        """Tilted by the mood that is read."""
        words = request.sections[0].prompt
        slope = self.config.tone * brightness(self.text.reader, words, self.config.text_tokens)
        return Tone(slope, self.config.mix)

    def call_opponents(self) -> None:
        """The teacher is the model as it is now."""
        if self.config.straight and self.teacher is None:
            parts = {name: copy.deepcopy(part) for name in LEARNED if (part := getattr(self, name)) is not None}
            self.teacher = nn.ModuleDict(parts).requires_grad_(False).eval()
        if self.config.heard and self.tagger is None:
            self.tagger = self.config.tagger.build().requires_grad_(False).eval()

    def train(self, mode: bool = True) -> Self:
        """While paths are straightened nothing is read anew, and the same for student and teacher."""
        super().train(mode)
        if self.config.straight:
            self.text.reader.eval()
            for opponent in (self.teacher, self.tagger):
                if opponent is not None:
                    opponent.eval()
        return self

    def check_start(self, *, trained: bool) -> None:
        if self.config.straight and not trained:
            raise ValueError("straight is learned from a trained model: give one with --init")
        if self.config.heard:
            self._checked_tagger()
        elif self.config.otherwise != Otherwise() and not self.config.away:
            raise ValueError("no recording has what is asked otherwise: set heard or away too")

    def _checked_tagger(self) -> Tagger:
        """The tagger, which has learned."""
        self.call_opponents()
        tagger = cast(Tagger, self.tagger)
        if not tagger.scale.measured:
            raise ValueError("the tagger has learned nothing yet: give a trained one by --part tagger=FOLDER")
        return tagger

    def prepare(self, batches: Iterable[Batch]) -> None:
        kept = list(batches)
        super().prepare(kept)
        self.text.settle(text for batch in kept for text in batch.texts)

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        if self.config.straight:
            if self.config.heard:
                return self.heard_losses(batch)
            return self.away_losses(batch) if self.config.away else self.straight_losses(batch)
        found, answers = super().losses(batch, step=step), self.text.reader(self.text.embed(batch.texts).pooled)
        phrases = self.config.glossary if self.training else 0
        return found | self.text.reading(answers, batch.labels, weight=self.config.reading, phrases=phrases)

    def straight_losses(self, batch: Batch) -> dict[str, Tensor]:
        """How far the student is from the straight ways to where its teacher gets."""
        latents, mask = latents_of(batch, self.codec, self.config.regularised)
        teacher, told = self.taught(), self.told(batch, latents.shape[-1])
        student, under, without = (
            system.of_batch(batch, part) for system, part in ((self, told), (teacher, told), (teacher, told.nothing()))
        )
        scale, visited = self.config.sampling.guidance, self.visited(latents.shape[-1])

        def led(x: Tensor, time: Tensor) -> Tensor:
            return guide(torch.cat([under(x, time), without(x, time)]), scale)

        way = under if scale == 1 else led
        return straight_losses(student, way, self.scale(latents), mask, visited, strides=self.config.strides)

    def heard_losses(self, batch: Batch) -> dict[str, Tensor]:
        """What the tagger hears amiss in what is made of noise under a batch's conditions, and how far the way there
        strays from that of the model that this one was."""
        tagger, names = self._checked_tagger(), self.config.vocabulary
        asked, told, noise, mask = self.otherwise_told(batch)
        made, strayed = heard.made(
            self.of_batch(asked, told), self.led(asked, told), noise, mask, self.visited(noise.shape[-1])
        )
        answers, keys = tagger.told(self.scale.undo(made), mask, asked.labels)
        amiss = heard.misheard(names, answers, names.truth(asked.labels).to(made), cast(Tensor, told.read), told.hidden)
        amiss["key"] = heard.off_key(keys, told.known.key)
        return {"strayed": strayed} | {name: self.config.heard * loss for name, loss in amiss.items()}

    def away_losses(self, batch: Batch) -> dict[str, Tensor]:
        """How far velocities under a batch's conditions are from those of the model that this one was, when it is
        led."""
        asked, told, noise, mask = self.otherwise_told(batch)
        student, teacher = self.of_batch(asked, told), self.led(asked, told)
        return led_losses(student, teacher, noise, mask, self.visited(noise.shape[-1]))

    def otherwise_told(self, batch: Batch) -> tuple[Batch, Told, Tensor, Tensor]:
        """A batch as it may be asked for `otherwise`, what is told of it, noise [B, D, F] and the mask [B, F]."""
        asked = self.config.otherwise(batch)
        latents, mask = latents_of(asked, self.codec, self.config.regularised)
        return asked, self.as_asked(self.told(asked, latents.shape[-1])), torch.randn_like(latents), mask

    def led(self, batch: Batch, told: Told) -> Predict:
        """The velocities of the model that this one was, led `away` from the opposite of what it is told."""
        taught = self.taught()
        way = taught.of_batch(batch, told)
        if not self.config.away:
            return way
        opposites = self.config.away.opposites(told, self.config.vocabulary)
        return away(way, [(taught.of_batch(batch, other), scale) for other, scale in opposites])

    def visited(self, frames: int) -> Tensor:
        """The times that a straight model steps at, for a stretch of so many frames."""
        return self.times(self.config.straight, frames)

    def as_asked(self, told: Told) -> Told:
        """Texts read as those of a request are, where labels do not stand for them."""
        reader, length = self.text.reader, self.config.text_tokens
        return told.read_as(torch.stack([read(reader, text, length) for text in told.texts]))

    def taught(self) -> Self:
        """The model that this one was when it began to learn from it."""
        self.call_opponents()
        teacher = copy.copy(self)
        teacher._modules = {**self._modules, **dict((self.teacher or nn.ModuleDict()).items())}
        return teacher

    def network(self, requests: Sequence[Request], stretch: Stretch, guidance: float) -> Predict:
        predict = self.under(self.dit.together([self.asked(request, stretch, guidance) for request in requests]))
        return predict if guidance == 1 else guided(predict, guidance, self.sampling.rescale)

    def asked(self, request: Request, stretch: Stretch, guidance: float) -> Given:
        """The conditions of one request: what is wanted and, with guidance, what it moves away from."""
        device, frames = self.scale.mean.device, stretch.frames
        reader, length = self.text.reader, self.config.text_tokens
        style, mood = described(reader, request.sections[0].prompt, length)
        if self.curves is not None and request.melody is not None:
            mood = None  # the curve has a mode of its own
        asked = wants(request, request.seed, style, mood)[stretch.section]
        if request.rhythm is not None and request.tempo is None:
            asked = replace(asked, tempo=None)  # the curve has the beats: a drawn tempo would speak against it
        begin, total = stretch.span(self.codec.frame_rate, request)
        around = begin - stretch.start(self.codec.frame_rate)
        asked = replace(asked, first_downbeat=asked.first_downbeat + around)
        # What is asked of drums moves away from its opposite: a style's own habit would win otherwise.
        opposite = Musical(drums=None if asked.drums is None else not asked.drums)
        both = guidance != 1
        prompt = request.sections[stretch.section].prompt
        texts = [prompt, request.negative_prompt or ""] if both else [prompt]
        known = musical.stack([asked, opposite][: len(texts)]).to(device)
        curves = joined([self.stretched_curves(request, stretch), unknown(1, frames)][: len(texts)])
        hidden = torch.zeros(len(texts), dtype=torch.bool, device=device)
        found = torch.stack(
            [read(reader, text, length, drums) for text, drums in zip(texts, (asked.drums, None), strict=False)]
        )
        start = torch.full((len(texts),), begin, device=device)
        told = Told(texts, known, curves, hidden, read=found)
        return self.conditions(told, start, torch.full_like(start, total), stretch.pace)

    def stretched_curves(self, request: Request, stretch: Stretch) -> Curves:
        """What a request asks for in a stretch; a loop's curves are a circle too."""
        rate = self.codec.frame_rate / stretch.pace
        if request.loop:
            whole = of_controls(curves_of(request), rate, max(1, round(request.seconds * rate)))
        else:
            whole = of_controls(curves_of(request), rate, stretch.begin + stretch.frames)
        places = torch.arange(stretch.begin, stretch.begin + stretch.frames) % whole.values.shape[-1]
        return Curves(whole.values[..., places], whole.known[..., places])

    def training_network(self, batch: Batch, frames: int) -> Predict:
        return self.of_batch(batch, self.told(batch, frames))

    def told(self, batch: Batch, frames: int) -> Told:
        """What the network is told of a batch, some of it hidden in training."""
        rate, device, curves = self.codec.frame_rate, self.scale.mean.device, self.config.curves
        told = Told.all_of(batch, rate, frames, curves=curves is not None, device=device)
        if not self.training:
            return told
        return told.some(self.config.dropped, curves, self.config.vocabulary.truth(batch.labels).to(device))

    def of_batch(self, batch: Batch, told: Told) -> Predict:
        """The network when it is told so much of a batch."""
        device = self.scale.mean.device
        return self.under(self.conditions(told, batch.start.to(device), batch.total.to(device)))

    def conditions(self, told: Told, start: Tensor, total: Tensor, pace: float = 1.0) -> Given:
        """What the transformer is given for B stretches that begin `start` [B] seconds into pieces of `total` [B]
        seconds, each frame standing for `pace` times its own length. Texts are left out where they are hidden, or
        empty."""
        device = start.device
        absent = told.hidden | torch.tensor([not one.strip() for one in told.texts], device=device)
        tokens, whole, _ = self.text(self.text.embed(told.texts), absent, told.wordless, told.read)
        places = torch.arange(0, told.curves.values.shape[-1], self.config.patch, device=device)
        times = start[:, None] + places / self.codec.frame_rate * pace
        aligned = self.musical(told.known, times, total) + whole[:, None]
        if self.curves is not None:
            aligned = aligned + self.curves(told.curves.to(device))
        return self.dit.given(tokens=tokens, vector=whole, aligned=aligned)

    def under(self, given: Given) -> Predict:
        """The velocity under conditions, of latents [B, D, F] of any F. The network tells what the best guess from the
        noisy latents alone lacks (Karras et al. 2022, arXiv 2206.00364, eq. 7, for data of variance 1): where all is
        noise that is the music, and the noise need not be carried through."""
        patch = self.config.patch

        def predict(x: Tensor, time: Tensor) -> Tensor:
            frames = x.shape[-1]
            whole = functional.pad(x, (0, -frames % patch))
            made = self.dit(rearrange(whole, "b d (f p) -> b (d p) f", p=patch), time, given)
            found = rearrange(made, "b (d p) f -> b d (f p)", p=patch)[..., :frames]
            at = time.reshape(-1, 1, 1)
            power = (1 - at).square() + at.square()
            return x * ((2 * at - 1) / power).to(x) - found * power.rsqrt().to(x)

        return predict
