"""Fast decoding of a token language model: its weights laid out for one step at a time, and no Python that can wait.

A step of a small model is bound by reading weights and by the number of kernels. Weights are packed for
products with few rows (`layers/matrices.py`); the gains of the query and key norms are multiplied into the
rotary tables; keys and values go into one static cache. The tests hold it to the plain forward.

Several pieces share a step, and each is drawn as it would be alone: what reads a whole batch of numbers at once (the
forward that opens a stretch, products that are not alike for any number of rows) sees the rows of one piece.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from songloom.layers.attention import KeyValueCache
from songloom.layers.matrices import Precision, Product, by_pieces, product
from songloom.layers.positions import rotary_tables
from songloom.layers.transformer import Block
from songloom.tokens.token_lm import TokenLM

EPSILON = 1e-5


class _PackedBlock:
    """One block's weights as the step needs them."""

    def __init__(self, block: Block, products: Callable[[Tensor], Product]) -> None:
        attention = block.attention
        self.attention_gain = block.attention_norm.weight.detach()
        self.qkv = products(attention.to_qkv.weight)
        self.out = products(attention.to_out.weight)
        self.hidden_gain = block.hidden_norm.weight.detach()
        self.expand = products(block.expand.weight)
        self.contract = products(block.contract.weight)


class StepDecoder:
    """Decodes B rows from one prefix on, `rows` for each of `pieces`. Open it once per stretch of up to `positions`
    (prefix included)."""

    def __init__(
        self, lm: TokenLM, rows: int, positions: int, precision: Precision = "float32", *, pieces: int = 1
    ) -> None:
        self.lm, self.rows, self.of_piece = lm, rows * pieces, rows
        transformer = lm.transformer
        attention = transformer.each_block()[0].attention
        self.heads, self.key_heads, self.head_width = attention.heads, attention.key_heads, attention.head_width

        def products(weight: Tensor) -> Product:
            return by_pieces(product(weight, precision), precision, rows=rows, pieces=pieces)

        self.blocks = [_PackedBlock(block, products) for block in transformer.each_block()]
        self.offsets = lm.offsets
        self.gain = transformer.norm.weight.detach()
        self.to_logits = products(lm.heads.weight)
        self.caches = transformer.empty_caches(self.rows, positions)
        self.seen = [cache.both.unbind(0) for cache in self.caches]
        self.turns = [self._turns(block, positions) for block in transformer.each_block()]

    def _turns(self, block: Block, positions: int) -> tuple[Tensor, Tensor]:
        """Tables [positions, heads + key heads, width]: x * direct + swapped halves of x * crossed is the rotated
        x times its norm's gain."""
        attention = block.attention
        gains = torch.cat(
            [
                attention.query_norm.weight.detach().expand(self.heads, -1),
                attention.key_norm.weight.detach().expand(self.key_heads, -1),
            ]
        )
        cosines, sines = rotary_tables(torch.arange(positions, device=gains.device), self.head_width)
        direct = torch.cat([cosines, cosines], -1)[:, None] * gains
        crossed = torch.cat([-sines, sines], -1)[:, None] * gains.roll(self.head_width // 2, -1)
        return direct, crossed

    def open(self, prefix: Tensor, codes: Tensor, aligned: Tensor) -> Tensor:
        """Starts with `prefix` [B, L, D] and the steps whose previous codes are `codes` [B, K, S], with `aligned`
        [B, S, D]; gives the last step's logits [B, K, V]."""
        logits = []
        for begin in range(0, self.rows, self.of_piece):
            part = slice(begin, begin + self.of_piece)
            own = [KeyValueCache(cache.both[:, part]) for cache in self.caches]
            logits.append(self.lm.continue_from(codes[part], aligned[part], own, prefix[part])[:, -1])
        for cache in self.caches:
            cache.length = own[0].length
        return torch.cat(logits)

    def step(self, codes: Tensor, aligned: Tensor) -> Tensor:
        """One step: the previous step's codes [B, K] and `aligned` [B, D] -> logits [B, K, V]."""
        x = functional.embedding(codes + self.offsets, self.lm.embedding.weight).sum(1) + aligned
        place = self.caches[0].length
        for block, cache, (keys, values), (direct, crossed) in zip(
            self.blocks, self.caches, self.seen, self.turns, strict=True
        ):
            normal = functional.layer_norm(x, self.gain.shape, block.attention_gain, None, EPSILON)
            heads = block.qkv(normal).view(self.rows, -1, self.head_width)
            turning, made = heads.split_with_sizes((self.heads + self.key_heads, self.key_heads), 1)
            turning = functional.layer_norm(turning, (self.head_width,), None, None, EPSILON)
            turned = torch.addcmul(turning * direct[place], turning.roll(self.head_width // 2, -1), crossed[place])
            keys[:, :, place] = turned[:, self.heads :]
            values[:, :, place] = made
            cache.length = place + 1
            queries = turned[:, : self.heads].view(self.rows, self.key_heads, -1, self.head_width)
            mixed = functional.scaled_dot_product_attention(queries, keys[:, :, : place + 1], values[:, :, : place + 1])
            x = x + block.out(mixed.reshape(self.rows, -1))
            normal = functional.layer_norm(x, self.gain.shape, block.hidden_gain, None, EPSILON)
            x = x + block.contract(functional.gelu(block.expand(normal)))
        x = functional.layer_norm(x, self.gain.shape, self.gain, None, EPSILON)
        return self.to_logits(x).float().view(self.rows, self.lm.streams, -1)
