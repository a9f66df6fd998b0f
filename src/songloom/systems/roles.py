"""The roles: everything that the command line, the trainer, the server and the metrics know of a model.

Letters: B batch, C audio channels, T samples, F frames, D latent width, K code streams, V codebook
entries, E embedding width.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar, Self

import torch
from torch import Tensor, nn

from songloom.config import Configurable, Settings
from songloom.data.batch import Batch
from songloom.recipe import Recipe
from songloom.systems.request import Request

Progress = Callable[[float], None]
"""Called with the fraction done, 0..1; it may raise to cancel."""


class System(nn.Module, Configurable):
    """Any trainable model of the toolkit: settings, presets, a recipe, and losses.

    `frozen` names the sub-systems (attributes) that this one uses but does not train; a checkpoint keeps
    them under parts/.
    """

    config: Settings
    frozen: tuple[str, ...] = ()
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

    @property
    @abstractmethod
    def sample_rate(self) -> int:
        """Samples per second of the audio it takes and gives, in Hz."""

    @property
    @abstractmethod
    def channels(self) -> int:
        """Audio channels C that it takes and gives."""

    def train(self, mode: bool = True) -> Self:
        """Training mode, but never for the frozen parts."""
        super().train(mode)
        for name in self.frozen:
            getattr(self, name).eval()
        return self


class Codec(System):
    """Audio to latents and codes, and back."""

    @property
    @abstractmethod
    def hop_length(self) -> int:
        """Samples per frame: a wave of T samples has ceil(T / hop_length) frames."""

    @property
    @abstractmethod
    def streams(self) -> int:
        """Code streams K."""

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

    def decode_stream(self, latents: Iterable[Tensor]) -> Iterator[Tensor]:
        """Pieces [1, D, f] as they come -> pieces of wave [1, C, t], together all frames' samples; the same for
        the same pieces. A codec that cannot begin early gives everything at the end."""
        yield self.decode(torch.cat(list(latents), dim=-1))


class Generator(System):
    """A request to music."""

    uses: ClassVar[frozenset[str]]

    @abstractmethod
    def generate(self, request: Request, *, progress: Progress | None = None) -> Tensor:
        """Wave [B, C, T] in [-1, 1], B the number of candidates (seeds `seed`, `seed` + 1, ...), T exactly
        `round(seconds * sample_rate)`. Raises ValueError when the request asks for a field not in `uses`."""

    @abstractmethod
    def stream(self, request: Request) -> Iterator[Tensor]:
        """The samples of `generate` for one candidate, in pieces [1, C, t], as they are made."""
