"""Causal self-attention with normalised queries and keys, grouped key heads and an optional cache."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.layers.positions import rotate


@dataclass
class KeyValueCache:
    """Keys and values `both` [2, B, G, S, width] of one layer, of which the first `length` positions are filled."""

    both: Tensor
    length: int = 0

    @property
    def positions(self) -> int:
        """How many it can hold."""
        return self.both.shape[3]

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Adds [B, G, n, width] and gives all that is there, [B, G, length, width]."""
        begin, end = self.length, self.length + keys.shape[2]
        self.lengthen(end)
        self.both[0, :, :, begin:end] = keys
        self.both[1, :, :, begin:end] = values
        keys, values = self.both[:, :, :, :end]
        return keys, values

    def lengthen(self, length: int) -> None:
        """From now on so many positions are filled. Raises ValueError where there are fewer."""
        if length > self.positions:
            raise ValueError(f"the cache holds {self.positions} positions; {length} are needed")
        self.length = length


class CausalAttention(nn.Module):
    """`heads` query heads share `key_heads` key and value heads (grouped-query attention, Ainslie et al. 2023);
    queries and keys are normalised before they turn (Dehghani et al. 2023, section 2)."""

    def __init__(self, width: int, heads: int, key_heads: int) -> None:
        super().__init__()
        if width % heads or heads % key_heads:
            raise ValueError(f"width {width}, {heads} heads, {key_heads} key heads: each must divide the one before")
        self.heads, self.key_heads, self.head_width = heads, key_heads, width // heads
        self.to_qkv = nn.Linear(width, (heads + 2 * key_heads) * self.head_width, bias=False)
        self.query_norm = nn.LayerNorm(self.head_width, bias=False)
        self.key_norm = nn.LayerNorm(self.head_width, bias=False)
        self.to_out = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor, cosines: Tensor, sines: Tensor, cache: KeyValueCache | None = None) -> Tensor:
        """[B, L, D] -> [B, L, D]; tables [L, head width / 2] are those of the positions of `x`.

        With a cache, `x` continues what is in it. More than one position at a time is allowed only when the
        cache is empty (the prefill).
        """
        sizes = [self.heads * self.head_width, *[self.key_heads * self.head_width] * 2]
        queries, keys, values = (
            rearrange(part, "b l (h d) -> b h l d", d=self.head_width) for part in self.to_qkv(x).split(sizes, dim=-1)
        )
        queries = rotate(self.query_norm(queries), cosines, sines)
        keys = rotate(self.key_norm(keys), cosines, sines)
        causal = x.shape[1] > 1
        if cache is not None:
            if causal and cache.length:
                raise ValueError("several positions at once can only open a cache, not continue it")
            keys, values = cache.append(keys, values)
        groups = self.heads // self.key_heads
        keys, values = (torch.repeat_interleave(part, groups, dim=1) for part in (keys, values))
        mixed = functional.scaled_dot_product_attention(queries, keys, values, is_causal=causal)
        return self.to_out(rearrange(mixed, "b h l d -> b l (h d)"))
