"""Text towers that carry their tokenizer: texts to rows of token ids, and to one vector each."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from songloom.conditioning.text_encoders import TextEncoder, tokenizer_of
from songloom.config import Settings

BEGIN, END, LETTERS = 1, 2, 3
"""Ids of the marks around a text that is spelled, and of byte 0; 0 is beyond its end."""
SPELLED = LETTERS + 256
"""The vocabulary that spelling needs."""


@dataclass(frozen=True, kw_only=True)
class TokenSettings(Settings):
    """Texts are cut to `longest` tokens, marks included. `tokenizer_bytes` is the size of the tokenizer.json that
    stands beside the weights; 0 is none. `spelled` needs none: every byte is a token (ByT5, arXiv 2105.13626)."""

    longest: int = 512
    tokenizer_bytes: int = 0
    spelled: bool = False


class TokenText(TextEncoder):
    """Texts to token ids."""

    config: TokenSettings
    tokenizer: Tensor

    def __init__(self, config: TokenSettings) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("tokenizer", torch.zeros(config.tokenizer_bytes, dtype=torch.uint8))

    @property
    def longest(self) -> int:
        return self.config.longest

    def count(self, text: str) -> int:
        if self.config.spelled:
            return 2 + len(text.encode())
        return len(self._tokenizer(None).encode(text))

    def tokens(self, text: str) -> list[int]:
        """Token ids of a text, with its marks. Raises ValueError where there is no tokenizer."""
        if self.config.spelled:
            letters = [LETTERS + byte for byte in text.encode()]
            return [BEGIN, *letters[: self.config.longest - 2], END]
        return self._tokenizer(self.config.longest).encode(text).ids

    def _tokenizer(self, longest: int | None) -> Tokenizer:
        """That of the weights, which cuts at `longest`."""
        if not self.config.tokenizer_bytes:
            raise ValueError(f"this {self.config.kind} has no tokenizer: texts need the tokenizer.json of its model")
        return tokenizer_of(self.tokenizer.cpu().numpy().tobytes(), longest)

    def rows(self, texts: Sequence[str], device: torch.device) -> tuple[Tensor, Tensor]:
        """Ids [B, L], zero beyond a text's end, and mask [B, L] (True is a token)."""
        found = [torch.tensor(self.tokens(text)) for text in texts]
        ids = nn.utils.rnn.pad_sequence(found, batch_first=True)
        mask = torch.arange(ids.shape[1]) < torch.tensor([[len(row)] for row in found])
        return ids.to(device), mask.to(device)


class VectorText(TokenText):
    """B strings -> ids [B, L] -> [B, E]."""

    @abstractmethod
    def embed(self, texts: Sequence[str]) -> Tensor:
        """One vector [B, E] for each of B texts, through which gradients flow."""

    def encode(self, text: str) -> Tensor:
        return self.embed([text]).float()


def draw(*tables: nn.Parameter) -> None:
    """First numbers of a transformer's tables, as BERT's (deviation 0.02)."""
    for table in tables:
        nn.init.normal_(table, std=0.02)
