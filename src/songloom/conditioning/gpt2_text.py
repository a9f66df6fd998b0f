"""GPT-2 as a text tower: the state of a text's last token, which has read all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom.conditioning.token_text import TokenSettings, VectorText, draw
from songloom.layers.gpt2 import Gpt2, Gpt2Shape


class Gpt2Text(VectorText, kind="gpt2-text"):
    """Text -> tokens -> one vector."""

    @dataclass(frozen=True, kw_only=True)
    class Config(TokenSettings):
        """Published: gpt2, reading `closing` after every text."""

        vocabulary: int = 50_257
        shape: Gpt2Shape = field(default_factory=Gpt2Shape)
        closing: str = " <|endoftext|>"

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.words = nn.Parameter(torch.empty(config.vocabulary, config.shape.width))
        self.language = Gpt2(config.shape)
        draw(self.words)

    @property
    def width(self) -> int:
        return self.config.shape.width

    def embed(self, texts: Sequence[str]) -> Tensor:
        """Microsoft's CLAP counts the tokens that are not 0 to find the last one. Token 0 pads, and is "!": a text with
        so many of these is read up to as many places before its end."""
        ids, mask = self.rows([text + self.config.closing for text in texts], self.words.device)
        states = self.language(functional.embedding(ids, self.words), mask).states
        last = (ids != 0).sum(1).sub(1).clamp_min(0)
        return states[torch.arange(len(ids), device=ids.device), last]
