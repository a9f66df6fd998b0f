"""The decoder of "Attention is all you need" with the norm first: sinusoidal positions, causal and cross-attention.

Vaswani et al. 2017 (arXiv 1706.03762), without biases in its matrices, as MusicGen has it (Copet et al. 2023).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.layers.attention import KeyValueCache
from songloom.layers.cross_attention import CrossAttention, Memory
from songloom.layers.low_cache import empty_cache
from songloom.layers.matrices import Precision, precision_of
from songloom.layers.positions import sinusoids


class SelfAttention(nn.Module):
    """Causal multi-head attention."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"width {width} must be a multiple of the {heads} heads")
        self.heads = heads
        self.to_qkv = nn.Linear(width, 3 * width, bias=False)
        self.to_out = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor, cache: KeyValueCache | None = None) -> Tensor:
        """[B, L, D] -> [B, L, D]. With a cache, `x` continues what is in it; several positions at once are allowed
        only where the cache is empty."""
        queries, keys, values = rearrange(self.to_qkv(x), "b l (part h d) -> part b h l d", part=3, h=self.heads)
        causal = x.shape[1] > 1
        if cache is not None:
            if causal and cache.length:
                raise ValueError("several positions at once can only open a cache, not continue it")
            keys, values = cache.append(keys, values)
        mixed = functional.scaled_dot_product_attention(queries, keys, values, is_causal=causal)
        return self.to_out(rearrange(mixed, "b h l d -> b l (h d)"))


class DecoderBlock(nn.Module):
    """x + self-attention(norm(x)), x + cross-attention(norm(x)) where there is one, x + feed-forward(norm(x))."""

    def __init__(self, width: int, heads: int, hidden: int, *, cross: bool) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = SelfAttention(width, heads)
        self.cross_norm = nn.LayerNorm(width) if cross else None
        self.cross = CrossAttention(width, heads) if cross else None
        self.hidden_norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, hidden, bias=False)
        self.contract = nn.Linear(hidden, width, bias=False)

    def forward(
        self, x: Tensor, memory: Memory | None = None, cache: KeyValueCache | None = None, dropout: float = 0.0
    ) -> Tensor:
        """[B, L, D] -> [B, L, D]."""
        x = x + functional.dropout(self.attention(self.attention_norm(x), cache), dropout)
        if self.cross is not None and self.cross_norm is not None and memory is not None:
            x = x + functional.dropout(self.cross(self.cross_norm(x), memory), dropout)
        hidden = functional.gelu(self.expand(self.hidden_norm(x)))
        return x + functional.dropout(self.contract(hidden), dropout)


class Decoder(nn.Module):
    """`depth` blocks and a last norm; `cross` gives every block a cross-attention."""

    def __init__(
        self, *, width: int, depth: int, heads: int, hidden: int, cross: bool = True, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.width, self.heads, self.dropout = width, heads, dropout
        self.blocks = nn.ModuleList(DecoderBlock(width, heads, hidden, cross=cross) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        for name, weight in self.blocks.named_parameters():
            if weight.ndim == 2:
                # What adds to the residual starts smaller, the deeper the stack (GPT-2, Radford et al. 2019, 2.3).
                adds = name.endswith(("to_out.weight", "contract.weight"))
                nn.init.normal_(weight, std=(weight.shape[1] * (2 * depth if adds else 1)) ** -0.5)

    def forward(
        self, x: Tensor, memories: Sequence[Memory] | None = None, caches: Sequence[KeyValueCache] | None = None
    ) -> Tensor:
        """[B, L, D] -> [B, L, D], each position from itself, those before (the cached ones included) and the
        conditions' `memories`."""
        first = caches[0].length if caches else 0
        positions = torch.arange(first, first + x.shape[1], device=x.device)
        dropout = self.dropout if self.training else 0.0
        x = functional.dropout(x + sinusoids(positions, self.width).to(x.dtype), dropout)
        for index, block in enumerate(self.blocks):
            x = block(x, memories[index] if memories else None, caches[index] if caches else None, dropout)
        return self.norm(x)

    def each_block(self) -> list[DecoderBlock]:
        """The blocks, for those who look inside."""
        return [cast(DecoderBlock, block) for block in self.blocks]

    def remember(self, conditions: Tensor, mask: Tensor | None = None) -> list[Memory]:
        """Every block's memory of conditions [B, L, D] with a mask [B, L] (True is attended to; none: all)."""
        crossing = [block.cross for block in self.each_block() if block.cross is not None]
        if not crossing:
            raise ValueError("this decoder has no cross-attention; its conditions can only be a prefix")
        return [cross.remember(conditions, mask) for cross in crossing]

    def empty_caches(self, batch: int, positions: int) -> list[KeyValueCache]:
        """A cache per block for `batch` sequences of up to `positions`, in the precision of packed weights."""
        shape = (2, batch, self.heads, positions, self.width // self.heads)
        return [empty_cache(shape, self.precision, self.norm.weight) for _ in self.blocks]

    @property
    def precision(self) -> Precision:
        """What its matrices are packed in; float32 where they are not."""
        return precision_of(self.each_block()[0].expand)
