"""T5 as a frozen text encoder, with its tokenizer: what MusicGen, AudioGen and Stable Audio read their prompts by."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from songloom.conditioning.token_text import TokenSettings, TokenText
from songloom.layers.t5 import T5Encoder


class T5(TokenText, kind="t5"):
    """Text -> tokens -> vectors."""

    @dataclass(frozen=True, kw_only=True)
    class Config(TokenSettings):
        """Published sizes: t5-base by default. `gated` is T5 1.1's and Flan's feed-forward."""

        vocabulary: int = 32_128
        width: int = 768
        depth: int = 12
        heads: int = 12
        head_width: int = 64
        hidden: int = 3072
        gated: bool = False
        buckets: int = 32
        furthest: int = 128

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.encoder = T5Encoder(
            vocabulary=config.vocabulary,
            width=config.width,
            depth=config.depth,
            heads=config.heads,
            head_width=config.head_width,
            hidden=config.hidden,
            gated=config.gated,
            buckets=config.buckets,
            furthest=config.furthest,
        )

    @property
    def width(self) -> int:
        return self.config.width

    def encode(self, text: str) -> Tensor:
        ids = torch.tensor(self.tokens(text), device=self.encoder.norm.weight.device)[None]
        return self.encoder(ids, torch.ones_like(ids, dtype=torch.bool))[0].float()


def flan_large() -> T5.Config:
    """google/flan-t5-large, which AudioLDM 2 and TANGO read their prompts by."""
    return T5.Config(width=1024, depth=24, heads=16, hidden=2816, gated=True)
