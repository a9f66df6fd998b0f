"""The embedded generator: a language model over a codec's codes with the delay pattern.

Idea: MusicGen (Copet et al. 2023, https://arxiv.org/abs/2306.05284) made small enough to learn on two CPU
cores. Text enters as a prefix of frozen MiniLM vectors, as one vector for every frame, and as the style, mood and
instruments that a small reader finds in it (`conditioning.attributes`). Tempo, key, drums and meter are read from the
prompt and enter as numbers: a metronome for every frame, embeddings, and the place in the piece, so that it begins,
develops and ends. Now and then training hides codes of the past, so that the model leans on what is asked and not
only on what it has just played.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

import torch
from torch import Tensor
from torch.nn import functional

from songloom.audio.tone import Tone
from songloom.conditioning import musical
from songloom.conditioning.attributes import Answers, Vocabulary
from songloom.conditioning.conditioners import MusicalConditioner, TextConditioner
from songloom.conditioning.musical import Musical, MusicalBatch
from songloom.conditioning.reading import TONE, brightness, described, read
from songloom.conditioning.told import Alone
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.layers.matrices import Precision
from songloom.layers.transformer import Transformer
from songloom.recipe import Recipe
from songloom.systems.codecs.spectral_codec import SpectralCodec
from songloom.systems.request import Request
from songloom.systems.roles import Codec, Progress
from songloom.systems.token_generator import TokenGenerator, TokenSettings
from songloom.systems.wants import wants
from songloom.tokens.generation import CodeStream, Plan, Turn, chunk_ends, code_chunks
from songloom.tokens.losses import stream_losses
from songloom.tokens.patterns import Delay, Pattern
from songloom.tokens.token_lm import TokenLM

KEPT_SECONDS = 1.5
"""How much of what was is read again where a story turns: enough to go on from, too little to drown the new words.
Where drums leave what was is hidden, as now and then in training: even of so little they stay in half of all pieces."""
MIDDLE_SECONDS = 32.0
"""Of music on either side of a loop, so that it sounds like the middle of a piece."""


@dataclass(frozen=True, kw_only=True)
class Dropped(Alone):
    """How often conditions are hidden in training: each alone, or what is `asked`, text, key and drums together:
    what guidance moves away from, while both halves keep the beat."""

    asked: float = 0.1


class Loom(TokenGenerator, kind="loom"):
    """Text and musical controls -> codes -> music."""

    summary = "token language model with the delay pattern over the embedded codec; the embedded generator"
    frozen = ("codec",)
    uses: ClassVar[frozenset[str]] = frozenset(
        {"negative_prompt", "guidance", "temperature", "top_k", "top_p", "tempo", "key", "drums", "story", "loop"}
    )

    precisions: ClassVar[tuple[Precision, ...]] = ("int8", "float32", "bfloat16")
    keeps_float32 = True

    @dataclass(frozen=True, kw_only=True)
    class Config(TokenSettings):
        """`codec` is frozen; `streams` of its books are modelled, with `loss_weights` (normalised to sum 1);
        `key_heads` share their keys among `heads`; the prompt is cut to `text_tokens`; `context_seconds` is
        the longest stretch that is attended to; training hides the part `forgotten` of the steps before, on average,
        and of a part `begun` of the items all steps before a random one; `reading` weighs the losses of the reader of
        `vocabulary`, who sees `glossary` phrases a step beside the captions; what `learns` is everything or, so that
        words can be taught to a model that plays well, the reader alone. A mood that is read makes the sound brighter
        or darker by `tone` decibels an octave for each unit of its brightness; `mix` is what bands get beside, as the
        model's own music lacks it (`training/mix.py`). Last stand the defaults of sampling, the part of the guidance
        that the beat gets, and the weights' precision while decoding on a CPU: "int8" is three times as fast as the
        exact "float32"."""

        codec: Settings = field(default_factory=SpectralCodec.Config)
        pattern: Settings = field(default_factory=Delay.Config)
        streams: int = 4
        width: int = 256
        depth: int = 6
        heads: int = 4
        key_heads: int = 2
        hidden: int = 1024
        dropout: float = 0.1
        text_tokens: int = 64
        context_seconds: float = 36.0
        forgotten: float = 0.1
        begun: float = 0.4
        reading: float = 0.1
        glossary: int = 24
        learns: Literal["all", "reader"] = "all"
        vocabulary: Vocabulary = field(default_factory=Vocabulary)
        loss_weights: tuple[float, ...] = (1.0, 0.6, 0.4, 0.3)
        label_smoothing: float = 0.0
        tone: float = TONE
        mix: tuple[float, ...] = ()
        dropped: Dropped = field(default_factory=Dropped)
        guidance: float = 3.0
        beat_guidance: float = 0.5
        temperature: float = 1.0
        top_k: int = 200
        precision: Precision = "int8"

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.precision = config, config.precision
        Tone(mix=config.mix)  # refused now rather than when music is made
        self.codec: Codec = config.codec.build()
        self.codec.requires_grad_(False).eval()
        if not 1 <= config.streams <= self.codec.streams or len(config.loss_weights) < config.streams:
            raise ValueError(
                f"streams is {config.streams}; the codec has {self.codec.streams}, "
                f"there are {len(config.loss_weights)} loss weights"
            )
        self.pattern: Pattern = config.pattern.build()
        self.lm = TokenLM(
            Transformer(
                width=config.width,
                depth=config.depth,
                heads=config.heads,
                key_heads=config.key_heads,
                hidden=config.hidden,
                dropout=config.dropout,
            ),
            streams=config.streams,
            codebook_size=self.codec.codebook_size,
            width=config.width,
        )
        self.text = TextConditioner(config.width, config.text_tokens, config.vocabulary)
        self.musical = MusicalConditioner(config.width)
        if config.learns == "reader":
            self.requires_grad_(False)
            self.text.reader.requires_grad_(True)

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        tiny = cls.Config(
            codec=SpectralCodec.presets()["spectral-codec-tiny"],
            streams=3,
            width=48,
            depth=2,
            heads=2,
            key_heads=1,
            hidden=96,
            dropout=0.0,
            text_tokens=16,
            context_seconds=2.0,
            top_k=16,
        )
        return {"loom": cls.Config(), "loom-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return Recipe(
                inputs="codes", seconds=1.0, steps=200, batch_size=4, learning_rate=3e-3, warmup=10, optimizer="muon"
            )
        return Recipe(
            inputs="codes",
            seconds=10.0,
            crop="downbeat",
            long_seconds=32.0,
            long_share=0.25,
            steps=6_000,
            batch_size=8,
            optimizer="muon",
            learning_rate=3e-3,
            muon_rate=0.02,
            warmup=100,
            ema=0.997,
        )

    @property
    def sample_rate(self) -> int:
        return self.codec.sample_rate

    @property
    def channels(self) -> int:
        return self.codec.channels

    def tone(self, request: Request) -> Tone:
        """Tilted by the mood that is read."""
        words = request.sections[0].prompt
        slope = self.config.tone * brightness(self.text.reader, words, self.config.text_tokens)
        return Tone(slope, self.config.mix)

    def hold(self, precision: Precision | None = None) -> None:
        super().hold(precision)
        self.precision = precision or self.config.precision

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        if self.config.learns == "reader":
            return self._reading(self.text.reader(self.text.embed(batch.texts).pooled), batch)
        codes, inside = self._inside(batch)
        size, streams, frames = codes.shape
        prefix, aligned, answers = self._training_conditions(batch, frames)
        grid = self.pattern.lay_out(codes, self.lm.empty)
        logits = self.lm(self._forget(grid) if self.training else grid, prefix, aligned)
        source = self.pattern.frame_of(streams, frames, codes.device)
        inside = inside[:, source.clamp_min(0)] & (source >= 0)
        errors = functional.cross_entropy(
            logits.flatten(0, 2),
            torch.where(inside, grid, 0).transpose(1, 2).flatten(),
            reduction="none",
            label_smoothing=self.config.label_smoothing if self.training else 0.0,
        ).view(size, -1, streams)
        inside = inside.transpose(1, 2)
        means = (errors * inside).sum((0, 1)) / inside.sum((0, 1)).clamp_min(1)
        return stream_losses(means, self.config.loss_weights) | self._reading(answers, batch)

    def _reading(self, answers: Answers, batch: Batch) -> dict[str, Tensor]:
        """The reader's losses on the batch's captions and, in training, on some of the glossary."""
        phrases = self.config.glossary if self.training else 0
        return self.text.reading(answers, batch.labels, weight=self.config.reading, phrases=phrases)

    def prepare(self, batches: Iterable[Batch]) -> None:
        """The scale of the texts' embeddings."""
        self.text.settle(text for batch in batches for text in batch.texts)

    def _forget(self, grid: Tensor) -> Tensor:
        """`grid` [B, K, S] with codes hidden: of some items all up to a random step, where nothing but the conditions
        tells what to play, of the others some steps here and there."""
        size, steps = len(grid), grid.shape[2]
        draws = torch.rand(3, size, 1, 1, device=grid.device)
        share = 2 * self.config.forgotten * draws[0]
        hidden = torch.rand(size, 1, steps, device=grid.device) < share
        begun = torch.arange(steps, device=grid.device) < 0.8 * steps * draws[1]
        hidden = torch.where(draws[2] < self.config.begun, begun, hidden)
        return grid.masked_fill(hidden, self.lm.empty)

    def _inside(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Codes [B, K, F] without the frames that all items lack, and which of them are inside [B, F]."""
        codes = self._codes(batch)
        # Without frames the mask is of samples.
        mask = batch.mask if batch.codes is not None else batch.mask[:, :: self.codec.hop_length]
        stop = int(mask.any(0).sum())
        return codes[..., :stop], mask[:, :stop]

    def _codes(self, batch: Batch) -> Tensor:
        """The batch's codes [B, K, F], K the streams that are modelled."""
        if batch.codes is not None:
            return batch.codes[:, : self.config.streams]
        if batch.wave is None:
            raise ValueError("the generator trains on codes or waves; this batch holds neither")
        with torch.no_grad():
            return self.codec.tokenize(batch.wave, streams=self.config.streams)

    def _training_conditions(self, batch: Batch, frames: int) -> tuple[Tensor, Tensor, Answers]:
        """Prefix [B, L, D], aligned vectors [B, S, D] and what was read, some conditions hidden while training."""
        device = self.lm.heads.weight.device
        known = musical.stack([musical.of_labels(labels) for labels in batch.labels]).to(device)
        hidden = torch.zeros(len(batch), dtype=torch.bool, device=device)
        wordless = told = None
        if self.training:
            rates = self.config.dropped
            draws = torch.rand(7, len(batch), device=device)
            wordless = draws[5] < rates.words
            truth = self.config.vocabulary.truth(batch.labels).to(device)
            told = torch.where((draws[6] < rates.told)[:, None], truth, torch.nan)
            hidden = draws[0] < rates.asked
            key, drums = hidden | (draws[1] < rates.key), hidden | (draws[2] < rates.drums)
            tempo, meter = draws[3] < rates.tempo, draws[4] < rates.meter
            known = known.without(tempo=tempo, key=key, drums=drums, meter=meter)
        start, total = batch.start.to(device), batch.total.to(device)
        return self.conditions(batch.texts, known, hidden, start, total, frames, wordless=wordless, told=told)

    def conditions(
        self,
        texts: Sequence[str],
        known: MusicalBatch,
        hidden: Tensor,
        start: Tensor,
        total: Tensor,
        frames: int,
        *,
        wordless: Tensor | None = None,
        told: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Answers]:
        """Prefix [B, L, D], aligned vectors [B, S, D] and what was read in the texts, of B stretches of F frames that
        begin `start` [B] seconds into pieces of `total` [B] seconds. Texts are left out where `hidden` [B], or when
        empty; `wordless` and `told` as `TextConditioner` takes them."""
        device = start.device
        absent = hidden | torch.tensor([not one.strip() for one in texts], device=device)
        prefix, whole, answers = self.text(self.text.embed(texts), absent, wordless, told)
        steps = torch.arange(self.pattern.steps(self.config.streams, frames), device=device)
        times = start[:, None] + steps / self.codec.frame_rate
        return prefix, self.musical(known, times, total) + whole[:, None], answers

    def draw(
        self, requests: Sequence[Request], seeds: Sequence[int], progress: Progress | None = None
    ) -> Iterator[Tensor]:
        """Codes [B, K, f] of a candidate of each of some requests of one shape, as they are drawn together."""
        request, config, rate = requests[0], self.config, self.codec.frame_rate
        context = max(1, round(config.context_seconds * rate))
        plan = Plan(
            frames=self.codec.frames(sum(self.samples(request))),
            context=context,
            kept=min(round(KEPT_SECONDS * rate), context // 2),
            sampling=self.sampling(request),
            guidance=self.guidance(request),
            seeds=seeds,
            precision=self.precision if self.lm.heads.weight.device.type == "cpu" else "float32",
        )
        told = [self._request_conditions(*one, plan) for one in zip(requests, seeds, strict=True)]
        turns = {step: Turn(*map(torch.cat, zip(*(one[step] for one in told), strict=True))) for step in told[0]}
        first = turns.pop(0)
        stream = CodeStream(self.lm, self.pattern, first.prefix, first.aligned, plan, turns)
        yield from code_chunks(stream, chunk_ends(plan.frames), progress)

    def _request_conditions(self, request: Request, seed: int, plan: Plan) -> dict[int, Turn]:
        """The conditions of a request's sections by their first steps: rows of what is wanted and, with guidance, of
        what it moves away from."""
        rows = 1 if plan.guidance == 1 else 2
        turns: dict[int, Turn] = {}
        meant = described(self.text.reader, request.sections[0].prompt, self.config.text_tokens)
        asked = wants(request, seed, *meant)
        steps = [round((request.lead_seconds + start) * self.codec.frame_rate) for start, _ in request.sections[1:]]
        drums = asked[0].drums
        for (_, words), wanted, step, end in zip(request.sections, asked, [0, *steps], [*steps, None], strict=True):
            prefix, aligned = self._section_conditions(request, words, wanted, plan.frames)
            held = aligned[:rows] if step == 0 else aligned[:rows, max(0, step - plan.kept) : end].clone()
            leaving, drums = wanted.drums is False and drums is not False, wanted.drums
            turns[step] = Turn(prefix[:rows], held, torch.tensor([not leaving], device=prefix.device))
        return turns

    def _section_conditions(self, request: Request, words: str, wanted: Musical, frames: int) -> tuple[Tensor, Tensor]:
        """A section's prefix [2, L, D] and aligned vectors [2, S, D], as if it went through the whole piece. A loop is
        the middle of a longer piece: it neither begins nor ends."""
        device = self.lm.heads.weight.device
        negative = request.negative_prompt or ""
        begin, around = (MIDDLE_SECONDS - request.lead_seconds, MIDDLE_SECONDS) if request.loop else (0.0, 0.0)
        wanted = replace(wanted, first_downbeat=wanted.first_downbeat + around)
        opposite = None if wanted.drums is None else not wanted.drums
        reader, length = self.text.reader, self.config.text_tokens
        away = read(reader, negative, length)
        told = torch.stack([read(reader, words, length, wanted.drums), away, away])
        prefix, aligned, _ = self.conditions(
            (words, negative, negative),
            musical.stack([wanted, replace(wanted, key=None, drums=opposite), Musical(drums=opposite)]).to(device),
            torch.zeros(3, dtype=torch.bool, device=device),
            torch.full((3,), begin, device=device),
            torch.full((3,), request.seconds + 2 * around, device=device),
            frames,
            told=told,
        )
        # What is asked of drums moves away from its opposite: a style's own habit would win otherwise.
        # Guidance away from no beat at all brings drums that nobody asked for, away from the same beat loses the tempo.
        aligned = torch.stack([aligned[0], aligned[1].lerp(aligned[2], self.config.beat_guidance)])
        return prefix[:2], aligned
