"""Attention from a sequence to its conditions, whose keys and values are computed once and passed in."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import torch
from einops import rearrange, repeat
from torch import Tensor, nn
from torch.nn import functional


class Memory(NamedTuple):
    """Keys and values [B, H, L, width] of the conditions of one layer, and what is added to the scores [B, H, 1, L]
    (nothing, or minus infinity where a condition is left out); None where all are attended to."""

    keys: Tensor
    values: Tensor
    added: Tensor | None


class CrossAttention(nn.Module):
    """Multi-head attention without biases (Vaswani et al. 2017, section 3.2.2)."""

    entered_by: ClassVar[tuple[str, ...]] = ("remember",)

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"width {width} must be a multiple of the {heads} heads")
        self.heads = heads
        self.to_queries = nn.Linear(width, width, bias=False)
        self.to_keys_values = nn.Linear(width, 2 * width, bias=False)
        self.to_out = nn.Linear(width, width, bias=False)

    def remember(self, conditions: Tensor, mask: Tensor | None) -> Memory:
        """Of conditions [B, L, D] and a mask [B, L]; an item that is masked whole attends to all of it, so that
        its softmax is never empty."""
        made = rearrange(self.to_keys_values(conditions), "b l (part h d) -> part b h l d", part=2, h=self.heads)
        keys, values = made.contiguous()
        if mask is None:
            return Memory(keys, values, None)
        left_out = ~mask & mask.any(1, keepdim=True)
        added = torch.zeros_like(left_out, dtype=keys.dtype).masked_fill(left_out, -torch.inf)
        return Memory(keys, values, repeat(added, "b l -> b h 1 l", h=self.heads))

    def forward(self, x: Tensor, memory: Memory) -> Tensor:
        """[B, S, D] -> [B, S, D]."""
        queries = rearrange(self.to_queries(x), "b s (h d) -> b h s d", h=self.heads)
        mixed = functional.scaled_dot_product_attention(queries, memory.keys, memory.values, attn_mask=memory.added)
        return self.to_out(rearrange(mixed, "b h s d -> b s (h d)"))
