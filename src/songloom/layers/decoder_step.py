"""A `Decoder` one position at a time: all that its steps share is laid out once, and no Python stays that can wait.

A step is bound by reading the weights and by the number of operations. `Reach` says how positions are written and
seen: `Growing` only looks at what is there, which a CPU likes; `Fixed` has the same shapes at every step, so that a
GPU can replay it as one graph.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom.layers.attention import KeyValueCache
from songloom.layers.cross_attention import Memory
from songloom.layers.decoder import Decoder, DecoderBlock
from songloom.layers.matrices import Packed
from songloom.layers.positions import sinusoids


class Reach(ABC):
    """The place that is next, of S in all, and what it may attend to."""

    added: Tensor | None = None
    """What goes to the scores of S positions, [1, 1, 1, S]."""

    @abstractmethod
    def __init__(self, length: int, positions: Tensor) -> None:
        """After `length` filled ones of the `positions` [S]."""

    @abstractmethod
    def advance(self) -> None:
        """Goes to the next place. Raises ValueError when there is none."""

    @abstractmethod
    def row(self, table: Tensor) -> Tensor:
        """The place's row of a table [S, D]."""

    @abstractmethod
    def write(self, both: Tensor, made: Tensor) -> None:
        """Puts the keys and values [2, B, H, width] of the place into those of all, [2, B, H, S, width]."""

    @abstractmethod
    def seen(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """The keys and values [B, H, L, width] to look at, of all S."""


class Growing(Reach):
    """Looks at the filled positions alone."""

    def __init__(self, length: int, positions: Tensor) -> None:
        self.place, self.positions = length - 1, len(positions)

    def advance(self) -> None:
        if self.place + 1 == self.positions:
            raise ValueError(f"the cache holds {self.positions} positions; {self.positions + 1} are needed")
        self.place += 1

    def row(self, table: Tensor) -> Tensor:
        return table[self.place]

    def write(self, both: Tensor, made: Tensor) -> None:
        both[:, :, :, self.place] = made

    def seen(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        end = self.place + 1
        return keys[:, :, :end], values[:, :, :end]


class Fixed(Reach):
    """Looks at all positions; those that are not filled weigh nothing. The place is a tensor."""

    def __init__(self, length: int, positions: Tensor) -> None:
        self.place, self.positions = positions.new_tensor([length - 1]), positions

    def advance(self) -> None:
        self.place.add_(1)
        self.added = torch.where(self.positions <= self.place, 0.0, -torch.inf)[None, None, None]

    def row(self, table: Tensor) -> Tensor:
        return table.index_select(0, self.place)

    def write(self, both: Tensor, made: Tensor) -> None:
        both.index_copy_(3, self.place, made[..., None, :])

    def seen(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        return keys, values


class DecoderStep:
    """The positions of a decoder after those in its caches, which are its own from now on."""

    def __init__(
        self,
        decoder: Decoder,
        memories: Sequence[Memory] | None,
        caches: Sequence[KeyValueCache],
        reach: type[Reach] | None = None,
    ) -> None:
        first = caches[0]
        positions = torch.arange(first.positions, device=first.both.device)
        kind = reach or (Growing if first.both.device.type == "cpu" else Fixed)
        self.reach, self.norm, self.rows = kind(first.length, positions), decoder.norm, first.both.shape[1]
        self.table = sinusoids(positions, decoder.width).to(first.both.dtype)
        self.blocks = [
            _BlockStep(block, memories[index] if memories else None, caches[index], self.reach)
            for index, block in enumerate(decoder.each_block())
        ]

    def __call__(self, x: Tensor) -> Tensor:
        """[B, D] -> [B, D]."""
        self.reach.advance()
        x = x + self.reach.row(self.table)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class _BlockStep:
    """One block: both attentions and the feed-forward."""

    def __init__(self, block: DecoderBlock, memory: Memory | None, cache: KeyValueCache, reach: Reach) -> None:
        self.reach, self.both, self.heads = reach, cache.both, block.attention.heads
        self.keys, self.values = cache.both
        self.attention_norm, self.hidden_norm = _norm(block.attention_norm), _norm(block.hidden_norm)
        self.to_qkv, self.to_out = _bare(block.attention.to_qkv), _bare(block.attention.to_out)
        self.expand, self.contract = _bare(block.expand), _bare(block.contract)
        self.memory: Memory | None = None
        if block.cross is not None and block.cross_norm is not None and memory is not None:
            self.memory, self.cross_norm = memory, _norm(block.cross_norm)
            self.to_queries, self.cross_out = _bare(block.cross.to_queries), _bare(block.cross.to_out)

    def __call__(self, x: Tensor) -> Tensor:
        rows, width = x.shape
        qkv = self.to_qkv(self.attention_norm(x)).view(rows, 3, self.heads, -1)
        self.reach.write(self.both, qkv[:, 1:].transpose(0, 1))
        keys, values = self.reach.seen(self.keys, self.values)
        x = x + self.to_out(_attend(qkv[:, 0, :, None], keys, values, self.reach.added).view(rows, width))
        if self.memory is not None:
            queries = self.to_queries(self.cross_norm(x)).view(rows, self.heads, 1, -1)
            x = x + self.cross_out(_attend(queries, *self.memory).view(rows, width))
        return x + self.contract(functional.gelu(self.expand(self.hidden_norm(x))))


def _attend(queries: Tensor, keys: Tensor, values: Tensor, added: Tensor | None) -> Tensor:
    return functional.scaled_dot_product_attention(queries, keys, values, added)


def _bare(linear: nn.Module) -> Callable[[Tensor], Tensor]:
    """What a linear layer does, without the calls around it."""
    if isinstance(linear, Packed):
        return linear.product
    assert isinstance(linear, nn.Linear)
    weight, bias = linear.weight, linear.bias
    return lambda x: functional.linear(x, weight, bias)


def _norm(norm: nn.LayerNorm) -> Callable[[Tensor], Tensor]:
    shape, weight, bias, eps = norm.normalized_shape, norm.weight, norm.bias, norm.eps
    return lambda x: torch.layer_norm(x, shape, weight, bias, eps)
