"""MusicGen: one transformer over a codec's parallel streams, each delayed against the coarser one.

Copet et al. 2023, "Simple and Controllable Music Generation" (arXiv 2306.05284): a decoder draws all codebooks
of a step at once, the delay pattern lets each see the coarser codes of its frame; text enters by cross-attention
from T5, and is dropped at times in training so that guidance can be used. Melody is in `musicgen_melody.py`;
stereo is a codec of two channels whose books take turns (`codecs/stereo.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, TypeVar

import torch
from torch import Tensor, nn

from songloom.conditioning import prompt_parser
from songloom.conditioning.conditions import Conditions
from songloom.conditioning.t5 import T5
from songloom.conditioning.text_encoders import MiniLMEncoder, TextEncoder
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.layers.decoder import Decoder
from songloom.layers.matrices import BYTES, Precision, pack_linears
from songloom.loading import let_go
from songloom.recipe import Recipe
from songloom.systems.codecs.encodec import Encodec
from songloom.systems.codecs.stereo import StereoCodec
from songloom.systems.request import Request
from songloom.systems.roles import Codec, Progress
from songloom.systems.token_generator import TokenGenerator, TokenSettings
from songloom.tokens.conditioned_lm import ConditionedLM
from songloom.tokens.losses import stream_errors, stream_losses
from songloom.tokens.patterns import Delay, Pattern
from songloom.tokens.windows import Asked, Drawing, windowed

MONO = Encodec.presets()["encodec-32khz"]
KEPT_SECONDS = 4.0
"""How much of what was is read again where a story turns: a bar or two to go on from, so that new words are heard."""
IN_PAIRS = Delay.Config(own=(0, 0, 1, 1, 2, 2, 3, 3))
"""The delays of a stereo model: left and right of a book together."""


class Musicgen(TokenGenerator, kind="musicgen"):
    """Text -> codes -> music."""

    summary = "MusicGen: a transformer over delayed code streams with text by cross-attention"
    frozen: tuple[str, ...] = ("codec", "text")
    uses: ClassVar[frozenset[str]] = frozenset(
        {"negative_prompt", "guidance", "temperature", "top_k", "top_p", "continuation", "story", "loop", "bars"}
    )
    precisions: ClassVar[tuple[Precision, ...]] = ("float32", "bfloat16", "int8")
    crossing: ClassVar[bool] = True
    """Whether conditions come by cross-attention; else they are the sequence's prefix."""

    @dataclass(frozen=True, kw_only=True)
    class Config(TokenSettings):
        """`codec` and `text` are frozen; the first `streams` of the codec's books are modelled (None: all).

        Beyond `context_seconds` a window ends and the next begins `stride_seconds` after it did. With
        `mask_padding` steps beyond a text's end are left out of the attention, as transformers does; without, they
        are zero vectors that are attended to, as in audiocraft, which trained the published weights. This matters
        where texts of unequal length share a batch. In training all conditions of an item are hidden at the rate
        `condition_dropout`. Last stand the defaults of sampling.
        """

        codec: Settings = MONO
        text: Settings = field(default_factory=T5.Config)
        pattern: Settings = field(default_factory=Delay.Config)
        streams: int | None = None
        width: int = 1024
        depth: int = 24
        heads: int = 16
        hidden: int = 4096
        dropout: float = 0.0
        context_seconds: float = 30.0
        stride_seconds: float = 18.0
        mask_padding: bool = False
        condition_dropout: float = 0.3
        guidance: float = 3.0
        temperature: float = 1.0
        top_k: int = 250

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.codec: Codec = config.codec.build()
        self.text: TextEncoder = config.text.build()
        if not self.text.stored:
            self.frozen = ("codec",)
        for part in (self.codec, self.text):
            part.requires_grad_(False).eval()
        streams = self.codec.streams if config.streams is None else config.streams
        if not 1 <= streams <= self.codec.streams:
            raise ValueError(f"streams is {streams}; the codec has {self.codec.streams}")
        self.pattern: Pattern = config.pattern.build()
        decoder = Decoder(
            width=config.width,
            depth=config.depth,
            heads=config.heads,
            hidden=config.hidden,
            cross=self.crossing,
            dropout=config.dropout,
        )
        self.lm = ConditionedLM(decoder, streams=streams, codebook_size=self.codec.codebook_size, width=config.width)
        self.text_projection = nn.Linear(self.text.width, config.width)

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        small = cls.Config()
        sizes = {
            "small": small,
            "medium": replace(small, width=1536, depth=48, heads=24, hidden=6144),
            "large": replace(small, width=2048, depth=48, heads=32, hidden=8192),
        }
        return {
            **{f"musicgen-{name}": settings for name, settings in sizes.items()},
            **{f"musicgen-stereo-{name}": in_stereo(settings) for name, settings in sizes.items()},
            "musicgen-tiny": made_tiny(small),
        }

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return Recipe(inputs="codes", seconds=0.5, steps=200, batch_size=4, learning_rate=4e-3, warmup=10)
        return Recipe(
            inputs="codes",
            seconds=30.0,
            steps=1_000_000,
            batch_size=192,
            learning_rate=1e-4,
            betas=(0.9, 0.95),
            weight_decay=0.1,
            warmup=4000,
            ema=0.99,
        )

    @property
    def sample_rate(self) -> int:
        return self.codec.sample_rate

    @property
    def channels(self) -> int:
        return self.codec.channels

    def hold(self, precision: Precision | None = None) -> None:
        super().hold(precision)
        pack_linears(self.lm, precision or "float32")
        for layer in self.text.modules():  # words are read once: matrix by matrix from the disk
            if isinstance(layer, nn.Linear):
                layer.register_forward_hook(lambda layer, *_: let_go(layer))

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        codes, inside = self.training_codes(batch)
        hidden = torch.zeros(len(batch), dtype=torch.bool)
        if self.training:
            hidden = torch.rand(len(batch)) < self.config.condition_dropout
        grid = self.pattern.lay_out(codes, self.lm.empty)
        logits = self.lm(grid, self.training_conditions(batch, hidden))
        return stream_losses(stream_errors(logits, grid, self.pattern, inside))

    def training_codes(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """A batch's codes [B, K, F] and which frames are inside their clips [B, F]."""
        if batch.codes is not None:
            return batch.codes[:, : self.lm.streams], batch.mask
        if batch.wave is None:
            raise ValueError("the generator trains on codes or waves; this batch holds neither")
        with torch.no_grad():
            codes = self.codec.tokenize(batch.wave, streams=self.lm.streams)
        return codes, batch.mask[:, :: self.codec.hop_length]  # without frames the mask is of samples

    def training_conditions(self, batch: Batch, hidden: Tensor) -> Conditions:
        """The conditions of a batch, none for the items that `hidden` [B] marks."""
        return self.by_attention(self.shown(batch.texts, hidden))

    def request_conditions(self, request: Request, guided: bool) -> Asked:
        """The conditions of the window that begins at one frame and draws from another on: what the request wants then,
        and where `guided` what guidance moves away from."""
        told = []
        for _, words in request.sections:
            wanted, unwanted = self.prompts(request, words)
            told.append(self.by_attention([wanted, unwanted] if guided else [wanted]))
        return lambda _, done: told[self.section(request, done)]

    def by_attention(self, texts: Sequence[str]) -> Conditions:
        """Texts to attend to."""
        vectors, mask = self.text_vectors(texts)
        return Conditions(cross=vectors, mask=mask if self.config.mask_padding else None)

    def text_vectors(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Texts as vectors [B, L, D] of the model's width, zero beyond each text's end, and their mask [B, L]."""
        weight = self.text_projection.weight
        states = self.text(texts)
        mask = states.mask.to(weight.device)
        return self.text_projection(states.vectors.to(weight)) * mask[..., None], mask

    def shown(self, texts: Sequence[str], hidden: Tensor) -> list[str]:
        """The texts, empty where `hidden` [B]."""
        return ["" if hide else text for text, hide in zip(texts, hidden.tolist(), strict=True)]

    def prompts(self, request: Request, words: str) -> tuple[str, str]:
        """The texts of a section: its words, with the tempo that a piece of whole bars has, and what is not wanted."""
        wanted = words.strip()
        if request.bars and request.tempo and prompt_parser.tempo_of(words) is None:
            wanted = ", ".join([*filter(None, [wanted]), f"{request.tempo:g} bpm"])
        return wanted, (request.negative_prompt or "").strip()

    def turns(self, request: Request) -> list[int]:
        """The frames at which the later sections of a request begin."""
        rate, lead = self.codec.frame_rate, request.lead_seconds
        return [round((lead + start) * rate) for start, _ in request.sections[1:]]

    def section(self, request: Request, frame: int) -> int:
        """Which section a frame is in."""
        return sum(turn <= frame for turn in self.turns(request))

    def piece_bytes(self, request: Request) -> int:
        """Keys and values of a window, of both halves of guidance."""
        config, size = self.config, BYTES[self.lm.transformer.precision]
        seconds = min(config.context_seconds, request.lead_seconds + request.seconds)
        steps = self.pattern.steps(self.lm.streams, max(1, round(seconds * self.codec.frame_rate)))
        return super().piece_bytes(request) + 2 * steps * 2 * config.depth * config.width * size

    def draw(
        self, requests: Sequence[Request], seeds: Sequence[int], progress: Progress | None = None
    ) -> Iterator[Tensor]:
        """Codes [B, K, f] of a candidate of each of some requests of one shape, as they are drawn together; those of
        continued audio, which all have or none, come first."""
        request, config, rate = requests[0], self.config, self.codec.frame_rate
        context = max(1, round(config.context_seconds * rate))
        plan = Drawing(
            frames=self.codec.frames(sum(self.samples(request))),
            context=context,
            stride=max(1, round(config.stride_seconds * rate)),
            turns=self.turns(request),
            kept=min(round(KEPT_SECONDS * rate), context // 2),
            sampling=self.sampling(request),
            guidance=self.guidance(request),
            seeds=seeds,
        )
        different = {id(one): one for one in requests}  # candidates of one request are read once
        asked = {key: self.request_conditions(one, guided=plan.guidance != 1) for key, one in different.items()}
        begun = {key: self.known(one) for key, one in different.items()}
        known = torch.cat([begun[id(one)] for one in requests])
        return windowed(self.lm, self.pattern, [asked[id(one)] for one in requests], known, plan, progress)

    def known(self, request: Request) -> Tensor:
        """Codes [1, K, P] of the whole frames that the result begins with."""
        device = self.text_projection.weight.device
        if request.continuation is None:
            return torch.zeros(1, self.lm.streams, 0, dtype=torch.int64, device=device)
        wave = request.continuation.fitted(self.sample_rate, self.channels)[None].to(device)
        pieces = list(self.codec.tokenize_stream([wave], streams=self.lm.streams))
        return torch.cat(pieces, dim=-1)[..., : max(1, wave.shape[-1] // self.codec.hop_length)]


C = TypeVar("C", bound=Musicgen.Config)


def in_stereo(settings: C) -> C:
    """The settings of a mono model for both channels."""
    return replace(settings, codec=StereoCodec.Config(codec=settings.codec), pattern=IN_PAIRS)


def made_tiny(settings: C) -> C:
    """A size that trains on a CPU in seconds, and needs no other package's files."""
    return replace(
        settings,
        codec=Encodec.presets()["encodec-tiny"],
        text=MiniLMEncoder.Config(longest=16),
        width=48,
        depth=2,
        heads=2,
        hidden=96,
        context_seconds=2.0,
        stride_seconds=1.2,
        top_k=16,
    )
