"""CLAP's text tower: one vector of a whole text, near those of the audio that it describes.

Wu et al. 2022 (arXiv 2211.06687): RoBERTa's state of the first mark, through its pooler and two layers, at length 1.
Frozen, this half is all that is needed to generate from text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom.conditioning.token_text import TokenSettings, VectorText, draw
from songloom.layers.text_towers import Bert


class ClapText(VectorText, kind="clap-text"):
    """Text -> tokens -> a sequence of one vector."""

    @dataclass(frozen=True, kw_only=True)
    class Config(TokenSettings):
        """Published: roberta-base, and `joint` numbers that text and audio have in common."""

        vocabulary: int = 50_265
        width: int = 768
        depth: int = 12
        heads: int = 12
        hidden: int = 3072
        positions: int = 512
        epsilon: float = 1e-12
        joint: int = 512

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.encoder = Bert(
            vocabulary=config.vocabulary,
            width=config.width,
            depth=config.depth,
            heads=config.heads,
            hidden=config.hidden,
            positions=config.positions,
            epsilon=config.epsilon,
        )
        draw(self.encoder.tokens, self.encoder.positions, self.encoder.segment)
        self.pool = nn.Linear(config.width, config.width)
        self.enter = nn.Linear(config.width, config.joint)
        self.leave = nn.Linear(config.joint, config.joint)

    @property
    def width(self) -> int:
        return self.config.joint

    def embed(self, texts: Sequence[str]) -> Tensor:
        first = self.encoder(*self.rows(texts, self.pool.weight.device))[:, 0]
        joint = self.leave(functional.relu(self.enter(torch.tanh(self.pool(first)))))
        return functional.normalize(joint, dim=-1)
