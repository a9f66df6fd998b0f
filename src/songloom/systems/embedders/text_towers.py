"""Text towers: strings to one vector each, by a frozen sentence encoder or a BERT that learns."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from songloom.conditioning.text import WIDTH, minilm
from songloom.conditioning.text_encoders import tokenizer_of
from songloom.config import Configurable, Settings
from songloom.layers.text_towers import Bert

VOCABULARY = 30_522


class TextTower(nn.Module, Configurable):
    """B strings -> [B, D]. `settle` takes the scale of its vectors from texts, where it has one."""

    config: Settings

    def __init__(self) -> None:
        nn.Module.__init__(self)

    @property
    @abstractmethod
    def width(self) -> int:
        """Width D of the vector."""

    @abstractmethod
    def forward(self, texts: Sequence[str]) -> Tensor:
        """The vectors, on the device of the weights."""

    def settle(self, texts: Sequence[str]) -> None:
        """Most towers need none."""


class SentenceTower(TextTower, kind="sentence-tower"):
    """The frozen all-MiniLM-L6-v2 of the package, which is in no checkpoint; sentences about music all point much the
    same way, so their mean is taken off and what is left is scaled to mean square 1."""

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """Texts are cut to `longest` tokens, the marks at both ends included."""

        longest: int = 64

    config: Config
    centre: Tensor
    spread: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("centre", torch.zeros(WIDTH))
        self.register_buffer("spread", torch.full((), WIDTH**-0.5))

    @property
    def width(self) -> int:
        return WIDTH

    def forward(self, texts: Sequence[str]) -> Tensor:
        pooled = minilm().embed(texts, self.config.longest).pooled.to(self.centre.device)
        return (pooled - self.centre) / self.spread

    @torch.no_grad()
    def settle(self, texts: Sequence[str]) -> None:
        pooled = minilm().embed(texts, self.config.longest).pooled.to(self.centre.device)
        self.centre.copy_(pooled.mean(0))
        self.spread.copy_((pooled - self.centre).square().mean().sqrt().clamp_min(1e-3))


class BertTower(TextTower, kind="bert-tower"):
    """A BERT that learns: the last vector of the first mark. It shares the word pieces of bert-base-uncased."""

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """Default: bert-base-uncased's size. Texts are cut to `longest` tokens, the marks at both ends included."""

        size: int = 768
        depth: int = 12
        heads: int = 12
        hidden: int = 3072
        longest: int = 512

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.bert = Bert(
            vocabulary=VOCABULARY,
            width=config.size,
            depth=config.depth,
            heads=config.heads,
            hidden=config.hidden,
            positions=config.longest,
        )
        for table in (self.bert.tokens, self.bert.positions, self.bert.segment):
            nn.init.normal_(table, std=0.02)

    @property
    def width(self) -> int:
        return self.config.size

    def forward(self, texts: Sequence[str]) -> Tensor:
        tokenizer = tokenizer_of((minilm().folder / "tokenizer.json").read_bytes(), self.config.longest)
        rows = [torch.tensor(encoded.ids) for encoded in tokenizer.encode_batch(list(texts))]
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True)
        mask = torch.arange(ids.shape[1]) < torch.tensor([[len(row)] for row in rows])
        device = self.bert.tokens.device
        return self.bert(ids.to(device), mask.to(device))[:, 0]
