"""A decoder-only transformer: blocks that normalise first, rotary positions, caches passed in as arguments.

Norms are LayerNorm without bias: one fused kernel on every device, where RMSNorm takes six on a CPU.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom.layers.attention import CausalAttention, KeyValueCache
from songloom.layers.positions import rotary_tables


class Block(nn.Module):
    """x + attention(norm(x)), then x + feed-forward(norm(x)); the feed-forward is expand, GELU, contract."""

    def __init__(self, width: int, heads: int, key_heads: int, hidden: int) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width, bias=False)
        self.attention = CausalAttention(width, heads, key_heads)
        self.hidden_norm = nn.LayerNorm(width, bias=False)
        self.expand = nn.Linear(width, hidden, bias=False)
        self.contract = nn.Linear(hidden, width, bias=False)

    def forward(
        self, x: Tensor, cosines: Tensor, sines: Tensor, cache: KeyValueCache | None = None, dropout: float = 0.0
    ) -> Tensor:
        """[B, L, D] -> [B, L, D]."""
        x = x + functional.dropout(self.attention(self.attention_norm(x), cosines, sines, cache), dropout)
        hidden = functional.gelu(self.expand(self.hidden_norm(x)))
        return x + functional.dropout(self.contract(hidden), dropout)


class Transformer(nn.Module):
    """`depth` blocks and a last norm."""

    def __init__(
        self, *, width: int, depth: int, heads: int, key_heads: int, hidden: int, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.head_width, self.dropout = width // heads, dropout
        self.blocks = nn.ModuleList(Block(width, heads, key_heads, hidden) for _ in range(depth))
        self.norm = nn.LayerNorm(width, bias=False)
        for block in self.each_block():
            for matrix in (block.attention.to_qkv, block.expand):
                nn.init.normal_(matrix.weight, std=width**-0.5)
            nn.init.normal_(block.attention.to_out.weight, std=width**-0.5 / math.sqrt(2 * depth))
            nn.init.normal_(block.contract.weight, std=hidden**-0.5 / math.sqrt(2 * depth))

    def forward(self, x: Tensor, caches: Sequence[KeyValueCache] | None = None) -> Tensor:
        """[B, L, D] -> [B, L, D], each position from itself and those before, the cached ones included."""
        first = caches[0].length if caches else 0
        positions = torch.arange(first, first + x.shape[1], device=x.device)
        cosines, sines = (table.to(x.dtype) for table in rotary_tables(positions, self.head_width))
        dropout = self.dropout if self.training else 0.0
        for index, block in enumerate(self.blocks):
            x = block(x, cosines, sines, caches[index] if caches else None, dropout)
        return self.norm(x)

    def each_block(self) -> list[Block]:
        """The blocks, for those who look inside."""
        return [cast(Block, block) for block in self.blocks]

    def empty_caches(self, batch: int, positions: int) -> list[KeyValueCache]:
        """A cache per block for `batch` sequences of up to `positions`."""
        weight = self.norm.weight
        shape = (2, batch, self.each_block()[0].attention.key_heads, positions, self.head_width)
        return [KeyValueCache(weight.new_zeros(shape)) for _ in self.blocks]
