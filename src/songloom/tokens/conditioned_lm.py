"""A language model over code streams that attends to conditions, or has them as a prefix: MusicGen's.

Copet et al. 2023 (arXiv 2306.05284), section 2: a decoder with sinusoidal positions; conditions by
cross-attention (text) or in front of the sequence (text and melody).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from songloom.conditioning.conditions import Conditions
from songloom.layers.cross_attention import Memory
from songloom.layers.decoder import Decoder
from songloom.layers.decoder_step import DecoderStep, Past
from songloom.tokens.stepping import Step, stepping
from songloom.tokens.token_lm import CodeLM


class ConditionedLM(CodeLM):
    """A `CodeLM` around a `Decoder`."""

    transformer: Decoder

    def forward(self, grid: Tensor, conditions: Conditions) -> Tensor:
        """Logits [B, S, K, V] of every code of `grid` [B, K, S] from those before it (teacher forcing)."""
        x = self._sequence(self.before(grid), conditions)
        return self.logits(self.transformer(x, self._memories(conditions))[:, conditions.prefix_length :])

    def open(self, grid: Tensor, conditions: Sequence[Conditions], positions: int) -> tuple[Tensor, Step]:
        """Logits [B, K, V] of the step after `grid` [B, K, S] (S may be 0), and the function that gives those of each
        next step from the codes [B, K] of the one before; there may be up to `positions` steps in all.

        The rows are those of some pieces one after the other, as many for each; every piece has its own conditions,
        and what it has alone."""
        pasts, logits = [], []
        for codes, own in zip(grid.chunk(len(conditions)), conditions, strict=True):
            past = Past(self._memories(own), self.transformer.empty_caches(len(codes), own.prefix_length + positions))
            nothing = codes.new_full((len(codes), self.streams, 1), self.empty)
            x = self._sequence(torch.cat([nothing, codes], dim=-1), own)
            logits.append(self.logits(self.transformer(x, past.memories, past.caches)[:, -1:])[:, 0])
            pasts.append(past)
        return torch.cat(logits), stepping(self, DecoderStep(self.transformer, pasts))

    def _sequence(self, codes: Tensor, conditions: Conditions) -> Tensor:
        x = self.embed(codes)
        return x if conditions.prefix is None else torch.cat([conditions.prefix, x], dim=1)

    def _memories(self, conditions: Conditions) -> Sequence[Memory] | None:
        return None if conditions.cross is None else self.transformer.remember(conditions.cross, conditions.mask)
