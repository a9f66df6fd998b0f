"""Frozen text encoders that a system chooses by its settings: texts to one vector for every token."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, NamedTuple

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from songloom.conditioning.text import WIDTH, minilm
from songloom.config import Configurable, Settings


class TextStates(NamedTuple):
    """`vectors` [B, L, E], zero beyond a text's end, and `mask` [B, L] (True is a token). A text without words has
    no token; L is at least 1."""

    vectors: Tensor
    mask: Tensor


class TextEncoder(nn.Module, Configurable):
    """A frozen text tower. Where `stored` it has weights of its own, and a checkpoint keeps it among its parts."""

    config: Settings
    frozen: tuple[str, ...] = ()
    opponents: tuple[str, ...] = ()
    stored: ClassVar[bool] = True

    def __init__(self) -> None:
        nn.Module.__init__(self)

    @property
    @abstractmethod
    def width(self) -> int:
        """Width E of the vectors."""

    @property
    @abstractmethod
    def longest(self) -> int:
        """How many tokens of a text are read."""

    @abstractmethod
    def count(self, text: str) -> int:
        """How many tokens a text has, marks included, before it is cut."""

    @abstractmethod
    def encode(self, text: str) -> Tensor:
        """The vectors [L, E] of one text."""

    @torch.no_grad()
    def forward(self, texts: Sequence[str]) -> TextStates:
        """Each text is encoded alone, so that its vectors do not depend on the others'."""
        return stacked([self.encode(text) if text.strip() else torch.zeros(0, self.width) for text in texts])

    @torch.no_grad()
    def marked(self, texts: Sequence[str]) -> TextStates:
        """The same, but a text without words has the vectors of the marks around it: for models that know these."""
        return stacked([self.encode(text) for text in texts])


def stacked(encoded: Sequence[Tensor]) -> TextStates:
    """B texts' vectors [L, E] one above the other, with zeros after the end of each."""
    length = max(1, *(len(vectors) for vectors in encoded))
    device = next((vectors.device for vectors in encoded if len(vectors)), torch.device("cpu"))
    states = torch.zeros(len(encoded), length, encoded[0].shape[-1], device=device)
    mask = torch.zeros(len(encoded), length, dtype=torch.bool, device=device)
    for index, vectors in enumerate(encoded):
        states[index, : len(vectors)] = vectors
        mask[index, : len(vectors)] = True
    return TextStates(states, mask)


@lru_cache(maxsize=4)
def tokenizer_of(data: bytes, longest: int | None) -> Tokenizer:
    """The tokenizer of a tokenizer.json that pads nothing and cuts at `longest` (None: nowhere)."""
    tokenizer = Tokenizer.from_str(data.decode())
    tokenizer.no_padding()
    if longest is None:
        tokenizer.no_truncation()
    else:
        tokenizer.enable_truncation(longest)
    return tokenizer


class MiniLMEncoder(TextEncoder, kind="minilm"):
    """all-MiniLM-L6-v2 from its package: it works offline and is in no checkpoint."""

    stored = False

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """Texts are cut to `longest` tokens, the marks at both ends included."""

        longest: int = 64

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config

    @property
    def width(self) -> int:
        return WIDTH

    @property
    def longest(self) -> int:
        return self.config.longest

    def count(self, text: str) -> int:
        return minilm().count(text)

    def encode(self, text: str) -> Tensor:
        found = minilm().embed([text], self.config.longest)
        return found.tokens[0, found.mask[0]]


class MiniLMSentence(MiniLMEncoder, kind="minilm-sentence"):
    """all-MiniLM-L6-v2's one vector of a whole text, of length 1."""

    @dataclass(frozen=True, kw_only=True)
    class Config(MiniLMEncoder.Config):
        """As for one vector a token."""

    config: Config

    def encode(self, text: str) -> Tensor:
        return minilm().embed([text], self.config.longest).pooled
