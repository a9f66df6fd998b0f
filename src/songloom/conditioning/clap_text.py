"""CLAP's text tower as a frozen encoder: one vector of a whole text, near those of the audio that it describes.

Wu et al. 2022 (arXiv 2211.06687): RoBERTa's state of the first mark, through its pooler and two layers, at length 1.
Only this half is needed to generate from text.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom.conditioning.text_encoders import TextEncoder, tokenizer_of
from songloom.config import Settings
from songloom.layers.text_towers import Bert


class ClapText(TextEncoder, kind="clap-text"):
    """Text -> tokens -> a sequence of one vector."""

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """Published: roberta-base, and `joint` numbers that text and audio have in common. Texts are cut to `longest`
        tokens. `tokenizer_bytes` is the size of the tokenizer.json that stands beside the weights; 0 is none."""

        vocabulary: int = 50_265
        width: int = 768
        depth: int = 12
        heads: int = 12
        hidden: int = 3072
        positions: int = 512
        epsilon: float = 1e-12
        joint: int = 512
        longest: int = 512
        tokenizer_bytes: int = 0

    config: Config
    tokenizer: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.encoder = Bert(
            vocabulary=config.vocabulary,
            width=config.width,
            depth=config.depth,
            heads=config.heads,
            hidden=config.hidden,
            positions=config.positions,
            epsilon=config.epsilon,
        )
        self.pool = nn.Linear(config.width, config.width)
        self.enter = nn.Linear(config.width, config.joint)
        self.leave = nn.Linear(config.joint, config.joint)
        self.register_buffer("tokenizer", torch.zeros(config.tokenizer_bytes, dtype=torch.uint8))

    @property
    def width(self) -> int:
        return self.config.joint

    def encode(self, text: str) -> Tensor:
        ids = torch.tensor(self.tokens(text), device=self.pool.weight.device)[None]
        first = self.encoder(ids, torch.ones_like(ids, dtype=torch.bool))[:, 0]
        joint = self.leave(functional.relu(self.enter(torch.tanh(self.pool(first)))))
        return functional.normalize(joint, dim=-1).float()

    def tokens(self, text: str) -> list[int]:
        """Token ids of a text, with the marks at both ends. Raises ValueError where there is no tokenizer."""
        if not self.config.tokenizer_bytes:
            raise ValueError("this CLAP has no tokenizer: a prompt needs the tokenizer.json of its model")
        return tokenizer_of(self.tokenizer.cpu().numpy().tobytes(), self.config.longest).encode(text).ids
