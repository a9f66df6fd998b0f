"""BERT as a text tower (Devlin et al. 2019, arXiv 1810.04805): the last state of the mark before a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from songloom.conditioning.token_text import TokenSettings, VectorText, draw
from songloom.layers.text_towers import Bert


class BertText(VectorText, kind="bert-text"):
    """Text -> tokens -> one vector."""

    @dataclass(frozen=True, kw_only=True)
    class Config(TokenSettings):
        """Published: bert-base-uncased."""

        vocabulary: int = 30_522
        size: int = 768
        depth: int = 12
        heads: int = 12
        hidden: int = 3072
        positions: int = 512

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.encoder = Bert(
            vocabulary=config.vocabulary,
            width=config.size,
            depth=config.depth,
            heads=config.heads,
            hidden=config.hidden,
            positions=config.positions,
        )
        draw(self.encoder.tokens, self.encoder.positions, self.encoder.segment)

    @property
    def width(self) -> int:
        return self.config.size

    def embed(self, texts: Sequence[str]) -> Tensor:
        return self.encoder(*self.rows(texts, self.encoder.tokens.device))[:, 0]
