"""T5's text encoder (Raffel et al. 2020, arXiv 1910.10683): relative positions in the scores, RMS norms, no biases.

Ours, because importing transformers takes seconds and the package does not need it otherwise; the tests hold it
to transformers' T5EncoderModel, of the first version (ReLU) and of 1.1 and Flan (gated GELU).
"""

from __future__ import annotations

import math

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-6


def buckets(length: int, count: int, furthest: int, device: torch.device) -> Tensor:
    """[L, L] int64: the bucket of the distance from each position (rows) to each other. Half of the `count` are for
    what comes before, half for what comes after; half of these for one distance each, the others grow with its
    logarithm up to `furthest`."""
    positions = torch.arange(length, device=device)
    distance = positions - positions[:, None]
    half = count // 2
    exact = half // 2
    far = distance.abs().clamp_min(1).float()
    grown = exact + ((far / exact).log() / math.log(furthest / exact) * (half - exact)).long()
    place = torch.where(distance.abs() < exact, distance.abs(), grown.clamp_max(half - 1))
    return place + half * (distance > 0)


class T5Layer(nn.Module):
    """Self-attention and a feed-forward, each with its norm first."""

    def __init__(self, width: int, heads: int, head_width: int, hidden: int, *, gated: bool) -> None:
        super().__init__()
        self.heads, self.gated = heads, gated
        self.attention_norm = nn.RMSNorm(width, eps=EPSILON)
        inner = heads * head_width
        self.queries, self.keys, self.values = (nn.Linear(width, inner, bias=False) for _ in range(3))
        self.out = nn.Linear(inner, width, bias=False)
        self.hidden_norm = nn.RMSNorm(width, eps=EPSILON)
        self.expand = nn.Linear(width, 2 * hidden if gated else hidden, bias=False)
        self.contract = nn.Linear(hidden, width, bias=False)

    def forward(self, x: Tensor, scores: Tensor) -> Tensor:
        """[B, L, D] and what is added to the attention's scores [B, H, L, L] -> [B, L, D]."""
        normal = self.attention_norm(x)
        queries, keys, values = (
            rearrange(part(normal), "b l (h d) -> b h l d", h=self.heads)
            for part in (self.queries, self.keys, self.values)
        )
        # The scale is in the weights.
        mixed = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=scores, scale=1.0)
        x = x + self.out(rearrange(mixed, "b h l d -> b l (h d)"))
        return x + self.contract(self._activated(self.expand(self.hidden_norm(x))))

    def _activated(self, hidden: Tensor) -> Tensor:
        if not self.gated:
            return hidden.relu()
        gate, linear = hidden.chunk(2, dim=-1)
        return functional.gelu(gate, approximate="tanh") * linear


class T5Encoder(nn.Module):
    """Token ids to one vector per token."""

    def __init__(
        self,
        *,
        vocabulary: int,
        width: int,
        depth: int,
        heads: int,
        head_width: int,
        hidden: int,
        gated: bool,
        buckets: int = 32,
        furthest: int = 128,
    ) -> None:
        super().__init__()
        self.furthest = furthest
        self.tokens = nn.Embedding(vocabulary, width)
        self.distances = nn.Embedding(buckets, heads)
        self.layers = nn.ModuleList(T5Layer(width, heads, head_width, hidden, gated=gated) for _ in range(depth))
        self.norm = nn.RMSNorm(width, eps=EPSILON)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids [B, L] int64, mask [B, L] bool (True is a token, at least one in each row) -> [B, L, D]."""
        place = buckets(ids.shape[1], self.distances.num_embeddings, self.furthest, ids.device)
        near = rearrange(self.distances(place), "q k h -> h q k")
        scores = near.masked_fill(~mask[:, None, None], -torch.inf)
        x = self.tokens(ids)
        for layer in self.layers:
            x = layer(x, scores)
        return self.norm(x)
