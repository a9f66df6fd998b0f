"""The roles: everything that the command line, the trainer, the server and the metrics know of a model.

Letters: B batch, C audio channels, T samples, F frames, D latent width, K code streams, V codebook
entries, E embedding width.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Self

import torch
from torch import Tensor, nn

from songloom.audio.chunks import Reach, exactly, windowed
from songloom.audio.loops import looped
from songloom.audio.steady import steady
from songloom.audio.tone import Tone, toned
from songloom.config import Configurable, Settings
from songloom.data.batch import Batch
from songloom.layers.matrices import Precision
from songloom.loading import free_memory
from songloom.recipe import Recipe
from songloom.systems.controls import at_levels
from songloom.systems.request import Request

Progress = Callable[[float], None]
"""Called with the fraction done, 0..1; it may raise to cancel."""

CHUNK_SECONDS = 5.0
"""How much audio a stream's network runs on at a time, at most."""
AT_ONCE = 4
"""Candidates that are made as one batch, at most: each needs memory for its own keys and values."""
PIECE_BYTES = 20_000_000
"""What one more piece of a batch takes beside its waves, keys and values of the embedded model among it."""
FADE_SECONDS = 0.5
"""Over which a loop's end passes into what came before its beginning, at most."""


class System(nn.Module, Configurable):
    """Any trainable model of the toolkit: settings, presets, a recipe, and losses.

    `frozen` names the sub-systems (attributes, or by dots attributes of these) that this one uses but does not train;
    a checkpoint keeps them under parts/. Where no trained model is there for one of them, a system may learn it too:
    `new` has the settings for that, by name. `opponents` names the modules that only training needs (an adversary, a
    balancer): None until `call_opponents` builds them from the settings of the same names; a run keeps them under
    training/ and trains their weights by an optimiser of their own, and a shipped checkpoint is without them.
    """

    config: Settings
    frozen: tuple[str, ...] = ()
    new: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    opponents: tuple[str, ...] = ()
    summary: ClassVar[str] = ""

    def __init__(self) -> None:
        nn.Module.__init__(self)

    @classmethod
    @abstractmethod
    def presets(cls) -> dict[str, Settings]:
        """Settings by preset name, among them one `...-tiny` that trains on a CPU in seconds."""

    @classmethod
    @abstractmethod
    def recipe(cls, preset: str) -> Recipe:
        """How the preset is trained."""

    @abstractmethod
    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        """Named scalars, already weighted: their sum is minimised. Names that begin with "~" are only
        reported (usage, perplexity, ...). Randomness comes from torch's global generator, which the
        trainer seeds by the step."""

    def prepare(self, batches: Iterable[Batch]) -> None:
        """Called once before the first step with a few dozen batches: a start from data, such as principal
        components or codebooks. The result goes into weights and buffers. Most systems need none."""

    def check_start(self, *, trained: bool) -> None:
        """Called before a run writes anything, its parts filled; `trained` weights have learned before. Raises
        ValueError for what can only be learned from a model that is not there."""

    def call_opponents(self) -> None:
        """Builds those of the `opponents` that are not there yet and have settings; the trainer calls it."""
        for name in self.opponents:
            settings: Settings | None = getattr(self.config, name)
            if settings is not None and getattr(self, name) is None:
                setattr(self, name, settings.build())

    @property
    @abstractmethod
    def sample_rate(self) -> int:
        """Samples per second of the audio it takes and gives, in Hz."""

    @property
    @abstractmethod
    def channels(self) -> int:
        """Audio channels C that it takes and gives."""

    def check_wave(self, wave: Tensor) -> None:
        """Raises ValueError unless the wave is [B, C, T] with T at least 1."""
        if wave.ndim != 3 or wave.shape[1] != self.channels or not wave.shape[2]:
            raise ValueError(f"the wave is {tuple(wave.shape)}; needs [B, {self.channels}, T] with T at least 1")

    def train(self, mode: bool = True) -> Self:
        """Training mode, but never for the frozen parts."""
        super().train(mode)
        for name in self.frozen:
            self.get_submodule(name).eval()
        return self


class Codec(System):
    """Audio to latents and codes, and back.

    Streams give what the whole gives (to rounding), in memory that does not grow with their length. A
    convolutional codec only says its two contexts; one with a memory overrides the two latent streams.
    """

    phase_free: ClassVar[bool] = False
    """Whether latents hold no phases: `decode_stream` of other pieces then has the same spectrum, but not the
    same samples."""
    one_thread: ClassVar[bool] = False
    """Whether each stream is decoded on one thread: some that are decoded at once are then the same as each alone."""

    @property
    @abstractmethod
    def hop_length(self) -> int:
        """Samples per frame: a wave of T samples has ceil(T / hop_length) frames."""

    @property
    @abstractmethod
    def streams(self) -> int:
        """Code streams K; 0 for a codec with latents only."""

    @property
    @abstractmethod
    def codebook_size(self) -> int:
        """Entries V of each codebook."""

    @property
    @abstractmethod
    def latent_width(self) -> int:
        """Width D of a latent frame."""

    @property
    def frame_rate(self) -> float:
        """Frames per second."""
        return self.sample_rate / self.hop_length

    def frames(self, samples: int) -> int:
        """Frames F of a wave of `samples` samples."""
        return -(-samples // self.hop_length)

    def bitrate(self, streams: int | None = None) -> float:
        """Kilobits per second of the first `streams` streams (default: all), before entropy coding; 0 without codes."""
        count = self.streams if streams is None else streams
        return count * math.log2(max(self.codebook_size, 1)) * self.frame_rate / 1000

    def streams_for(self, bitrate: float) -> int:
        """The most streams that `bitrate` kilobits per second hold, but at least one. Raises ValueError when the
        codec has not as many or no codes, or for no number above 0."""
        if not self.streams:
            raise ValueError(f"this codec has no codes, so none at {bitrate:g} kbps")
        count = max(1, math.floor(bitrate / self.bitrate(1) + 1e-6)) if 0 < bitrate < math.inf else 0
        if not 1 <= count <= self.streams:
            limits = f"{self.bitrate(1):g} to {self.bitrate():g}"
            raise ValueError(f"bitrate is {bitrate:g} kbps; this codec has {limits} kbps")
        return count

    @property
    def encoder_context(self) -> int | None:
        """Frames on either side that a latent frame depends on (in frames of hop_length samples, rounded up); None
        when that is all of them."""
        return None

    @property
    def decoder_context(self) -> int | None:
        """Latent frames on either side that a frame's samples depend on; None when that is all of them."""
        return None

    def check_latents(self, latents: Tensor) -> None:
        """Raises ValueError unless latents are [B, D, F] with F at least 1."""
        if latents.ndim != 3 or latents.shape[1] != self.latent_width or not latents.shape[2]:
            raise ValueError(f"latents are {tuple(latents.shape)}; needs [B, {self.latent_width}, F], F at least 1")

    @abstractmethod
    def encode(self, wave: Tensor) -> Tensor:
        """[B, C, T] in [-1, 1] -> latents [B, D, F], before any quantisation."""

    @abstractmethod
    def decode(self, latents: Tensor, *, length: int | None = None) -> Tensor:
        """[B, D, F] -> wave [B, C, T], cut to `length` samples where given."""

    @abstractmethod
    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        """[B, D, F] -> codes [B, K, F], int64; the first `streams` books only where given."""

    @abstractmethod
    def dequantize(self, codes: Tensor) -> Tensor:
        """[B, k, F], any k from 1 to K -> latents [B, D, F]."""

    def tokenize(self, wave: Tensor, *, streams: int | None = None) -> Tensor:
        """[B, C, T] -> codes [B, K, F]."""
        return self.quantize(self.encode(wave), streams=streams)

    def detokenize(self, codes: Tensor, *, length: int | None = None) -> Tensor:
        """[B, k, F] -> wave [B, C, T]."""
        return self.decode(self.dequantize(codes), length=length)

    @torch.no_grad()
    def encode_stream(self, pieces: Iterable[Tensor]) -> Iterator[Tensor]:
        """Pieces of wave [1, C, t] of any lengths, as they come -> latents [1, D, f], together `encode` of the
        whole. Raises ValueError when nothing comes."""
        if self.encoder_context is None:
            yield self.encode(torch.cat(list(pieces), dim=-1))
            return
        reach = Reach(self.encoder_context, self.encoder_context)
        yield from windowed(pieces, self.encode, reach, taken=self.hop_length, size=self.chunk_frames)

    @torch.no_grad()
    def decode_stream(self, latents: Iterable[Tensor]) -> Iterator[Tensor]:
        """Latents [1, D, f] as they come -> pieces of wave [1, C, t], together `decode` of the whole."""
        if self.decoder_context is None:
            yield self.decode(torch.cat(list(latents), dim=-1))
            return
        reach = Reach(self.decoder_context, self.decoder_context)
        yield from windowed(latents, self.decode, reach, given=self.hop_length, size=self.chunk_frames)

    def decode_windows(self, windows: Iterable[Tensor]) -> Iterator[Tensor]:
        """The same of latents [1, D, f] of any lengths, all of whose frames are there when they come."""
        size = self.chunk_frames
        return self.decode_stream(piece for window in windows for piece in torch.split(window, size, dim=-1))

    def tokenize_stream(self, pieces: Iterable[Tensor], *, streams: int | None = None) -> Iterator[Tensor]:
        """Pieces of wave [1, C, t] -> codes [1, K, f], together `tokenize` of the whole."""
        for latents in self.encode_stream(pieces):
            yield self.quantize(latents, streams=streams)

    def detokenize_stream(self, codes: Iterable[Tensor]) -> Iterator[Tensor]:
        """Codes [1, k, f] -> pieces of wave [1, C, t], together `detokenize` of the whole."""
        yield from self.decode_stream(self.dequantize(piece) for piece in codes)

    @property
    def chunk_frames(self) -> int:
        """The most frames that a stream's network runs on at a time."""
        return max(1, round(CHUNK_SECONDS * self.frame_rate))


class Generator(System):
    """A request to music, in pieces as it is made: both verbs give the same samples."""

    uses: ClassVar[frozenset[str]]
    precisions: ClassVar[tuple[Precision, ...]] = ("float32",)
    """What the weights may be held in while music is made, the usual one first."""
    keeps_float32: ClassVar[bool] = False
    """Whether they are in memory in float32 too, beside what is held."""
    batched: ClassVar[bool] = False
    """Whether `several` makes the candidates of some requests as one batch, each the same as when it is made alone."""

    @property
    def longest_seconds(self) -> float:
        """Of the longest piece that it makes; most make any."""
        return math.inf

    @property
    def usual_candidates(self) -> int:
        """How many are made where nobody says, the best of which is kept."""
        return 1

    def hold(self, precision: Precision | None = None) -> None:
        """Lays the weights out for use alone, in `precision` (None: the usual one): from then on the system cannot
        learn, be saved or be moved. Raises ValueError for a precision that it does not have."""
        if precision is not None and precision not in self.precisions:
            raise ValueError(f"{self.config.kind} works in {', '.join(self.precisions)}, not in {precision}")

    @abstractmethod
    def pieces(self, request: Request, seed: int, progress: Progress | None = None) -> Iterator[Tensor]:
        """The wave of one candidate in pieces [1, C, t] as they are made; what is beyond `samples` is cut off, what
        lacks is silence. Of a loop the request's `lead_seconds` come first."""

    def several(
        self, requests: Sequence[Request], seeds: Sequence[int], progress: Progress | None = None
    ) -> list[Iterator[Tensor]]:
        """The `pieces` of some requests of one shape (see `systems.together`), of a system that is `batched`. Whatever
        is taken of one is made of all."""
        raise ValueError(f"{self.config.kind} makes one piece at a time")

    def piece_bytes(self, request: Request) -> int:
        """Memory that one more piece of a batch takes while it is made, beside its waves."""
        return PIECE_BYTES

    @property
    def window_seconds(self) -> float | None:
        """How much is made at once by a model that goes on from its own output; None for one that makes all at once.
        Level and spectrum of a longer piece are held to those of its first window (of each section of a story)."""
        return None

    def tone(self, request: Request) -> Tone:
        """How else a piece sounds than the model makes it: tilted as its words ask for, its bands mixed otherwise; most
        leave it alone. Where a recording's sound is to stay nothing is tilted, and mixed is only what is made beside
        it; a story, whose moods change, is not tilted."""
        return Tone()

    def samples(self, request: Request) -> tuple[int, int]:
        """Samples of the lead of a loop (0 for other pieces), and of the piece."""
        return round(request.lead_seconds * self.sample_rate), round(request.seconds * self.sample_rate)

    @property
    def controls(self) -> frozenset[str]:
        """The fields of a request that this very model uses: those of its kind, but for what its settings rule out."""
        return self.uses

    def check(self, request: Request) -> None:
        """Raises ValueError for a request that this model cannot meet."""
        request.check(self.controls, str(self.config.kind))

    def generate(self, request: Request, *, progress: Progress | None = None) -> Tensor:
        """Wave [B, C, T] in [-1, 1], B the number of candidates (seeds `seed`, `seed` + 1, ...), T exactly
        `round(seconds * sample_rate)`. Raises ValueError when the request asks for a field not in `uses`."""
        self.check(request)
        waves: list[Tensor] = []
        seeds = range(request.seed, request.seed + request.candidates)
        # One after the other where a batch would round otherwise: a candidate must be the same when it is made alone.
        at_once = self._at_once(request)
        for some in (seeds[first : first + at_once] for first in range(0, len(seeds), at_once)):

            def share(done: float, before: int = len(waves), count: int = len(some)) -> None:
                if progress:
                    progress((before + done * count) / request.candidates)

            waves += self.waves(request, some, share)
            share(1.0)
        return torch.cat(waves)

    def waves(self, request: Request, seeds: Sequence[int], progress: Progress | None = None) -> list[Tensor]:
        """The candidates [1, C, T] of some seeds, made as one batch."""
        if len(seeds) == 1:
            made = [self.pieces(request, seeds[0], progress)]
        else:
            made = self.several([request] * len(seeds), seeds, progress)
        return [torch.cat(list(self.finished(request, pieces)), dim=-1) for pieces in made]

    def _at_once(self, request: Request) -> int:
        """How many candidates are made as one batch: those whose memory is there, in half of what is free."""
        there = free_memory()
        room = AT_ONCE if there is None else 1 + there // 2 // self.piece_bytes(request)
        return min(AT_ONCE, room) if self.batched else 1

    def stream(self, request: Request, *, progress: Progress | None = None) -> Iterator[Tensor]:
        """The samples of `generate` for one candidate, in pieces [1, C, t], as they are made."""
        self.check(request)
        if request.candidates != 1:
            raise ValueError(f"a stream holds one candidate, not {request.candidates}")
        yield from self.finished(request, self.pieces(request, request.seed, progress))

    @torch.no_grad()
    def finished(self, request: Request, pieces: Iterable[Tensor]) -> Iterator[Tensor]:
        """One candidate's pieces as the model gives them, together as long as was asked, at the levels that were asked
        for, in [-1, 1]."""
        lead, samples = self.samples(request)
        pieces = exactly(pieces, lead + samples)
        window = None if self.window_seconds is None else round(self.window_seconds * self.sample_rate)
        if window is not None and lead + samples > window:
            starts = [lead + round(start * self.sample_rate) if start else 0 for start, _ in request.sections]
            pieces = steady(pieces, self.sample_rate, window=window, starts=starts)
        tone = Tone() if request.from_audio else self.tone(request)
        if len(request.sections) > 1:
            tone = replace(tone, slope=0.0)
        if tone:
            pieces = toned(pieces, self.sample_rate, tone)
        if request.loop:
            pieces = looped(pieces, lead, samples, min(round(FADE_SECONDS * self.sample_rate), lead, samples))
        if request.dynamics is not None:  # how far a piece is from its levels shows when all of it is there
            pieces = [at_levels(torch.cat(list(pieces), dim=-1), self.sample_rate, request)]
        for piece in pieces:
            yield piece.float().clamp(-1.0, 1.0)


class Embedder(System):
    """Texts and music as points of one space: vectors of length 1, whose product is their similarity, -1..1."""

    @property
    @abstractmethod
    def width(self) -> int:
        """Width E of an embedding."""

    @property
    @abstractmethod
    def window_seconds(self) -> float:
        """How much music is heard at once."""

    @property
    def sharpness(self) -> float:
        """What similarities are multiplied by before a softmax over several texts: the inverse of the temperature of
        contrastive training, where that is known, else of the usual first one."""
        return 1 / 0.07

    @property
    def hearing(self) -> tuple[str, ...]:
        """What a reader of figures made with it has to know of how it hears, beyond rate and windows."""
        return ()

    @abstractmethod
    def embed_window(self, wave: Tensor) -> Tensor:
        """[B, C, T] in [-1, 1], T at most a window (what is shorter is filled as the model's paper does) -> [B, E]."""

    @abstractmethod
    def embed_text(self, texts: Sequence[str]) -> Tensor:
        """B strings -> [B, E]."""

    def embed_audio(self, wave: Tensor) -> Tensor:
        """[B, C, T] in [-1, 1] of any length -> [B, E]. What is longer than a window is heard in as many windows as
        cover it, evenly spaced from its beginning to its end, never in a random one: their mean, of length 1 again.
        Raises ValueError for another number of channels or no samples."""
        self.check_wave(wave)
        window = round(self.window_seconds * self.sample_rate)
        starts = covering(wave.shape[2], window)
        if len(starts) == 1:
            return self.embed_window(wave)
        total = sum(self.embed_window(wave[..., start : start + window]) for start in starts)
        return nn.functional.normalize(torch.as_tensor(total), dim=-1)


def covering(samples: int, window: int) -> list[int]:
    """Where the fewest windows begin that together cover so many samples, evenly spaced."""
    count = max(1, math.ceil(samples / window))
    return [round(place * (samples - window) / (count - 1)) for place in range(count)] if count > 1 else [0]
