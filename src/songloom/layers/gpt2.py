"""GPT-2 (Radford et al. 2019) over vectors: a language model that goes on with hidden states instead of words.

As AudioLDM 2 uses it (arXiv 2308.05734, section 3.2): the last state of a sequence of vectors is appended to it as its
next vector. There is no table of words and no head. Ours, because importing transformers takes seconds; the tests hold
it to transformers' GPT2Model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

Past = tuple[Tensor, Tensor]
"""Keys and values [B, H, L, head width] of what one layer has seen."""


@dataclass(frozen=True, kw_only=True)
class Gpt2Shape:
    """The published small size. `positions` is how many vectors fit."""

    width: int = 768
    depth: int = 12
    heads: int = 12
    hidden: int = 3072
    positions: int = 1024


class Grown(NamedTuple):
    """States [B, L, D] of what was given last, and what every layer has seen."""

    states: Tensor
    past: tuple[Past, ...]


class Gpt2Block(nn.Module):
    """Causal self-attention and a feed-forward, each with its norm first."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.hidden_norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, hidden)
        self.contract = nn.Linear(hidden, width)

    def forward(self, x: Tensor, allowed: Tensor, past: Past | None) -> tuple[Tensor, Past]:
        """[B, L, D] -> [B, L, D] and all keys and values; `allowed` [B, 1, L, S] says who attends to whom."""
        qkv = self.qkv(self.attention_norm(x))
        queries, keys, values = rearrange(qkv, "b l (n h d) -> n b h l d", n=3, h=self.heads)
        if past is not None:
            keys, values = torch.cat([past[0], keys], dim=2), torch.cat([past[1], values], dim=2)
        mixed = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=allowed)
        x = x + self.out(rearrange(mixed, "b h l d -> b l (h d)"))
        hidden = functional.gelu(self.expand(self.hidden_norm(x)), approximate="tanh")
        return x + self.contract(hidden), (keys, values)


class Gpt2(nn.Module):
    """Vectors to states, each from itself and those before."""

    def __init__(self, shape: Gpt2Shape) -> None:
        super().__init__()
        self.positions = nn.Parameter(0.02 * torch.randn(shape.positions, shape.width))
        self.blocks = nn.ModuleList(Gpt2Block(shape.width, shape.heads, shape.hidden) for _ in range(shape.depth))
        self.norm = nn.LayerNorm(shape.width)

    def forward(self, x: Tensor, mask: Tensor, past: Sequence[Past] = ()) -> Grown:
        """Vectors [B, L, D] that go on after `past`; `mask` [B, S] of all S vectors, True where one is to be attended
        to, the first always. Positions count what is masked too. Raises ValueError when they do not fit."""
        first = past[0][0].shape[2] if past else 0
        places = torch.arange(first, first + x.shape[1], device=x.device)
        if first + x.shape[1] > len(self.positions):
            raise ValueError(f"{first + x.shape[1]} vectors; this language model has {len(self.positions)} positions")
        causal = torch.arange(mask.shape[1], device=x.device) <= places[:, None]
        allowed = causal & mask[:, None, None]
        x = x + self.positions[places]
        seen = []
        for index, block in enumerate(self.blocks):
            x, kept = block(x, allowed, past[index] if past else None)
            seen.append(kept)
        return Grown(self.norm(x), tuple(seen))

    def continued(self, x: Tensor, mask: Tensor, count: int) -> Tensor:
        """The `count` vectors [B, count, D] that come after [B, L, D], each the last state before it."""
        made: list[Tensor] = []
        past: tuple[Past, ...] = ()
        for _ in range(count):
            grown = self(x, mask, past)
            x, past = grown.states[:, -1:], grown.past
            mask = functional.pad(mask, (0, 1), value=True)
            made.append(x)
        return torch.cat(made, dim=1)
