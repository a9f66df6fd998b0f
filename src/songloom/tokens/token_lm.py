"""Language models over a grid of code streams: at each step all streams' next codes, from all steps before.

A step's input is the sum of its streams' previous codes (Copet et al. 2023, MusicGen, section 2.2).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from einops import rearrange
from torch import Tensor, nn

from songloom.layers.attention import KeyValueCache
from songloom.layers.transformer import Transformer

EMBEDDING_STD = 0.2


class CodeLM(nn.Module):
    """K streams of V codes in and out of a transformer; id V means that no code stands there (before a stream
    begins, after it ends)."""

    def __init__(self, transformer: nn.Module, *, streams: int, codebook_size: int, width: int) -> None:
        super().__init__()
        self.streams, self.codebook_size, self.width = streams, codebook_size, width
        self.embedding = nn.Embedding(streams * (codebook_size + 1), width)
        self.transformer = transformer
        self.heads = nn.Linear(width, streams * codebook_size, bias=False)
        nn.init.normal_(self.embedding.weight, std=EMBEDDING_STD)
        nn.init.normal_(self.heads.weight, std=width**-0.5 / 4)

    @property
    def offsets(self) -> Tensor:
        """Where each stream's codes begin in the table of vectors, [K]."""
        return torch.arange(self.streams, device=self.embedding.weight.device) * (self.codebook_size + 1)

    @property
    def empty(self) -> int:
        """The id of a place without a code."""
        return self.codebook_size

    def before(self, grid: Tensor) -> Tensor:
        """What is known at each step of a grid [B, K, S]: the codes of the step before."""
        return torch.cat([torch.full_like(grid[..., :1], self.empty), grid[..., :-1]], dim=-1)

    def embed(self, codes: Tensor) -> Tensor:
        """Codes [B, K, S] -> the sum of their vectors [B, S, D]."""
        return self.embedding(rearrange(codes, "b k s -> b s k") + self.offsets).sum(2)

    def logits(self, x: Tensor) -> Tensor:
        """[B, S, D] -> [B, S, K, V]."""
        return rearrange(self.heads(x), "b s (k v) -> b s k v", k=self.streams)


class TokenLM(CodeLM):
    """The sequence is L prefix vectors, then the steps; each step has a vector aligned with it besides its codes."""

    transformer: Transformer

    def forward(self, grid: Tensor, prefix: Tensor, aligned: Tensor) -> Tensor:
        """Logits [B, S, K, V] of every code of `grid` [B, K, S] from those before it (teacher forcing).

        `prefix` [B, L, D] comes first; `aligned` [B, S, D] is added to the steps.
        """
        x = torch.cat([prefix, self.inputs(self.before(grid), aligned)], dim=1)
        return self.logits(self.transformer(x)[:, prefix.shape[1] :])

    def inputs(self, codes: Tensor, aligned: Tensor) -> Tensor:
        """Codes [B, K, S] that are known at each step and `aligned` [B, S, D] -> [B, S, D]."""
        return self.embed(codes) + aligned

    def continue_from(
        self, codes: Tensor, aligned: Tensor, caches: Sequence[KeyValueCache], prefix: Tensor | None = None
    ) -> Tensor:
        """Logits [B, S, K, V] of S steps whose previous codes are `codes` [B, K, S], after what the caches hold;
        `prefix` [B, L, D] opens empty caches."""
        x = self.inputs(codes, aligned)
        if prefix is not None:
            x = torch.cat([prefix, x], dim=1)
        return self.logits(self.transformer(x, caches)[:, -codes.shape[2] :])
