"""The embedded generator: a language model over a codec's codes with the delay pattern.

Idea: MusicGen (Copet et al. 2023, https://arxiv.org/abs/2306.05284) made small enough to learn on two CPU
cores. Text enters as a prefix of frozen MiniLM vectors and as one vector for every frame; what a small model
does not learn from words alone (tempo, key, drums, meter) is read from the prompt and enters as numbers:
a metronome for every frame, embeddings, and the place in the piece, so that it begins, develops and ends.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from songloom.conditioning import musical, prompt_parser
from songloom.conditioning.conditioners import MusicalConditioner, TextConditioner
from songloom.conditioning.musical import Musical, MusicalBatch
from songloom.conditioning.style_tempo import draw_tempo
from songloom.conditioning.text import TextEmbedding, minilm
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.layers.matrices import Precision
from songloom.layers.transformer import Transformer
from songloom.recipe import Recipe
from songloom.systems.codecs.spectral_codec import SpectralCodec
from songloom.systems.request import Request
from songloom.systems.roles import Codec, Generator, Progress
from songloom.tokens.generation import CodeStream, Plan, chunk_ends, code_chunks
from songloom.tokens.patterns import Delay, Pattern
from songloom.tokens.sampling import Sampling
from songloom.tokens.token_lm import TokenLM


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """How often conditions are hidden in training: all of them (for guidance), or one alone."""

    all: float = 0.1
    tempo: float = 0.1
    key: float = 0.1
    drums: float = 0.15
    meter: float = 0.15


class Loom(Generator, kind="loom"):
    """Text and musical controls -> codes -> music."""

    summary = "token language model with the delay pattern over the embedded codec; the embedded generator"
    frozen = ("codec",)
    uses: ClassVar[frozenset[str]] = frozenset(
        {"negative_prompt", "guidance", "temperature", "top_k", "top_p", "tempo", "key", "drums"}
    )

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """`codec` is frozen; `streams` of its books are modelled, with `loss_weights` (normalised to sum 1);
        `key_heads` share their keys among `heads`; the prompt is cut to `text_tokens`; `context_seconds` is
        the longest stretch that is attended to; a part `late_start` of the training steps begins within a piece, as
        music beyond the context does. Last stand the defaults of sampling, and the weights' precision
        while decoding on a CPU: "int8" is three times as fast as the exact "float32"."""

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
        late_start: float = 0.15
        loss_weights: tuple[float, ...] = (1.0, 0.6, 0.4, 0.3)
        label_smoothing: float = 0.0
        dropped: Dropped = field(default_factory=Dropped)
        guidance: float = 3.0
        temperature: float = 1.0
        top_k: int = 200
        precision: Precision = "int8"

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
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
        self.text = TextConditioner(config.width, config.text_tokens)
        self.musical = MusicalConditioner(config.width)

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
            seconds=36.0,
            crop="start",
            steps=2_200,
            batch_size=4,
            optimizer="muon",
            learning_rate=3e-3,
            muon_rate=0.02,
            warmup=100,
            ema=0.995,
        )

    @property
    def sample_rate(self) -> int:
        return self.codec.sample_rate

    @property
    def channels(self) -> int:
        return self.codec.channels

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        codes, inside, start = self._stretch(batch)
        size, streams, frames = codes.shape
        prefix, aligned = self._training_conditions(batch, start, frames)
        grid = self.pattern.lay_out(codes, self.lm.empty)
        logits = self.lm(grid, prefix, aligned)
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
        weights = self.config.loss_weights[:streams]
        named = {f"book{k}": weights[k] / sum(weights) * means[k] for k in range(streams)}
        return named | {f"~nats{k}": means[k].detach() for k in range(streams)}

    def _stretch(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """What a step trains on: codes [B, K, F] without frames that all items lack, which of them are inside
        [B, F], and where they begin [B] in seconds; in training sometimes without their first part."""
        codes = self._codes(batch)
        # Without frames the mask is of samples.
        mask = batch.mask if batch.codes is not None else batch.mask[:, :: self.codec.hop_length]
        first, stop = 0, int(mask.any(0).sum())
        if self.training and torch.rand(()).item() < self.config.late_start:
            first = int(torch.randint(stop // 2 + 1, ()).item())
        start = batch.start.to(codes.device) + first / self.codec.frame_rate
        return codes[..., first:stop], mask[:, first:stop], start

    def _codes(self, batch: Batch) -> Tensor:
        """The batch's codes [B, K, F], K the streams that are modelled."""
        if batch.codes is not None:
            return batch.codes[:, : self.config.streams]
        if batch.wave is None:
            raise ValueError("the generator trains on codes or waves; this batch holds neither")
        with torch.no_grad():
            return self.codec.tokenize(batch.wave, streams=self.config.streams)

    def _training_conditions(self, batch: Batch, start: Tensor, frames: int) -> tuple[Tensor, Tensor]:
        """Prefix [B, L, D] and aligned vectors [B, S, D] of a batch, some of them hidden while training."""
        device = self.lm.heads.weight.device
        known = musical.stack([musical.of_labels(labels) for labels in batch.labels]).to(device)
        hidden = torch.zeros(len(batch), dtype=torch.bool, device=device)
        if self.training:
            rates = self.config.dropped
            draws = torch.rand(5, len(batch), device=device)
            hidden = draws[0] < rates.all
            tempo, key, drums, meter = (
                hidden | (draw < rate)
                for draw, rate in zip(draws[1:], (rates.tempo, rates.key, rates.drums, rates.meter), strict=True)
            )
            known = known.without(tempo=tempo, key=key, drums=drums, meter=meter)
        return self.conditions(batch.texts, known, hidden, start, batch.total.to(device), frames)

    def conditions(
        self, texts: Sequence[str], known: MusicalBatch, hidden: Tensor, start: Tensor, total: Tensor, frames: int
    ) -> tuple[Tensor, Tensor]:
        """Prefix [B, L, D] and aligned vectors [B, S, D] of B stretches of F frames that begin `start` [B]
        seconds into pieces of `total` [B] seconds. Texts are left out where `hidden` [B], or when empty."""
        device = start.device
        text = minilm().embed(texts, self.config.text_tokens)
        text = TextEmbedding(*(part.to(device) for part in text))
        absent = hidden | torch.tensor([not one.strip() for one in texts], device=device)
        prefix, pooled = self.text(text, absent)
        steps = torch.arange(self.pattern.steps(self.config.streams, frames), device=device)
        times = start[:, None] + steps / self.codec.frame_rate
        return prefix, self.musical(known, times, total) + pooled[:, None]

    def generate(self, request: Request, *, progress: Progress | None = None) -> Tensor:
        request.check(self.uses, "loom")
        waves = []
        for index in range(request.candidates):

            def share(done: float, index: int = index) -> None:
                if progress:
                    progress((index + done) / request.candidates)

            # One after the other, not as a batch: rounding depends on the batch's size, and a candidate must be
            # the same when it is made again alone.
            waves.append(torch.cat(list(self._pieces(request, request.seed + index, share)), dim=-1))
            share(1.0)
        return torch.cat(waves)

    def stream(self, request: Request) -> Iterator[Tensor]:
        request.check(self.uses, "loom")
        if request.candidates != 1:
            raise ValueError(f"a stream holds one candidate, not {request.candidates}")
        yield from self._pieces(request, request.seed, None)

    @torch.no_grad()
    def _pieces(self, request: Request, seed: int, progress: Progress | None) -> Iterator[Tensor]:
        """The wave of one candidate in pieces [1, C, t]; the same pieces for both verbs."""
        samples = round(request.seconds * self.sample_rate)
        codes = self._code_chunks(request, seed, math.ceil(samples / self.codec.hop_length), progress)
        left = samples
        for piece in self.codec.decode_stream(self.codec.dequantize(chunk) for chunk in codes):
            if left and piece.shape[-1]:
                yield piece[..., :left].clamp(-1.0, 1.0)
            left = max(0, left - piece.shape[-1])
        if left:
            yield torch.zeros(1, self.channels, left)

    def _code_chunks(self, request: Request, seed: int, frames: int, progress: Progress | None) -> Iterator[Tensor]:
        """Codes [1, K, f] of one candidate as they are drawn."""
        config = self.config
        plan = Plan(
            frames=frames,
            context=max(1, round(config.context_seconds * self.codec.frame_rate)),
            sampling=Sampling(
                config.temperature if request.temperature is None else request.temperature,
                config.top_k if request.top_k is None else request.top_k,
                request.top_p,
            ),
            guidance=config.guidance if request.guidance is None else request.guidance,
            seed=seed,
            precision=config.precision if self.lm.heads.weight.device.type == "cpu" else "float32",
        )
        prefix, aligned = self._request_conditions(request, seed, frames)
        if plan.guidance == 1:
            prefix, aligned = prefix[:1], aligned[:1]
        stream = CodeStream(self.lm, self.pattern, prefix, aligned, plan)
        yield from code_chunks(stream, chunk_ends(frames), progress)

    def _request_conditions(self, request: Request, seed: int, frames: int) -> tuple[Tensor, Tensor]:
        """Prefix [2, L, D] and aligned vectors [2, S, D]: the request's, then what guidance moves away from."""
        device = self.lm.heads.weight.device
        negative = request.negative_prompt or ""
        return self.conditions(
            (request.prompt, negative),
            musical.stack([asked(request, seed), Musical()]).to(device),
            torch.zeros(2, dtype=torch.bool, device=device),
            torch.zeros(2, device=device),
            torch.full((2,), request.seconds, device=device),
            frames,
        )


def asked(request: Request, seed: int) -> Musical:
    """What a request wants: its numbers, else what its prompt names, else (tempo, meter) what suits the prompt."""
    named = prompt_parser.parse(request.prompt)
    minor = prompt_parser.is_minor_key(request.prompt)
    key = musical.key_number(request.key) if request.key else named.key
    if key is None and minor is not None:
        key = random.Random(seed).randrange(12) + 12 * minor
    return Musical(
        tempo=request.tempo or named.tempo or draw_tempo(request.prompt, seed),
        key=key,
        drums=named.drums if request.drums is None else request.drums,
        meter=named.meter or "4/4",
    )
