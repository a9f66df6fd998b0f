"""A `Decoder` one position at a time: all that its steps share is laid out once, and no Python stays that can wait.

A step is bound by reading the weights and by the number of operations. `Reach` says how positions are written and
seen: `Growing` only looks at what is there, which a CPU likes; `Fixed` has the same shapes at every step, so that a
GPU can replay it as one graph. Several pieces share a step's products; each attends by itself, at its own place.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom.layers.attention import KeyValueCache
from songloom.layers.cross_attention import Memory
from songloom.layers.decoder import Decoder, DecoderBlock
from songloom.layers.low_cache import LowCache
from songloom.layers.matrices import Packed, Product, apart, by_pieces
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


class Past(NamedTuple):
    """What the steps of one piece go on from: every block's memory of its conditions, where there are such, and cache,
    which the steps take over."""

    memories: Sequence[Memory] | None
    caches: Sequence[KeyValueCache]


class DecoderStep:
    """The positions of a decoder after those that some pieces have, all of as many rows."""

    def __init__(self, decoder: Decoder, pasts: Sequence[Past], reach: type[Reach] | None = None) -> None:
        device = decoder.norm.weight.device
        kind = reach or (Growing if device.type == "cpu" else Fixed)
        firsts = [past.caches[0] for past in pasts]
        dtype = decoder.norm.weight.dtype
        self.reaches = [kind(first.length, torch.arange(first.positions, device=device)) for first in firsts]
        rows, self.pieces = firsts[0].both.shape[1], len(pasts)
        self.rows = rows * self.pieces
        longest = max(first.positions for first in firsts)
        table = sinusoids(torch.arange(longest, device=device), decoder.width).to(dtype)
        self.placed = apart([partial(_placed, reach, table) for reach in self.reaches])
        self.norm = decoder.norm
        self.linear = partial(bare, rows=rows, pieces=self.pieces)
        self.blocks = [
            _BlockStep(block, [_seat(*each, index) for each in zip(pasts, self.reaches, strict=True)], self.linear)
            for index, block in enumerate(decoder.each_block())
        ]

    def __call__(self, x: Tensor) -> Tensor:
        """[B, D] -> [B, D], the rows of the pieces one after the other."""
        for reach in self.reaches:
            reach.advance()
        x = self.placed(x)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class _Seat:
    """Where one piece sits in a block: its place, keys and values, and its conditions."""

    def __init__(self, cache: KeyValueCache, memory: Memory | None, reach: Reach) -> None:
        self.reach, self.both, self.memory = reach, cache.both, memory
        self.keys, self.values = self.both

    def itself(self, qkv: Tensor) -> Tensor:
        """Queries, keys and values [rows, 3 D] of the place -> what is found in the past [rows, D]."""
        made = qkv.view(len(qkv), 3, self.both.shape[2], -1)
        self.reach.write(self.both, made[:, 1:].transpose(0, 1))
        keys, values = self.reach.seen(self.keys, self.values)
        return _attend(made[:, 0, :, None], keys, values, self.reach.added)

    def conditions(self, queries: Tensor) -> Tensor:
        """Queries [rows, D] -> what is found in the conditions [rows, D]."""
        assert self.memory is not None
        return _attend(queries.view(len(queries), self.both.shape[2], 1, -1), *self.memory)


class _LowSeat(_Seat):
    """One whose keys and values are of a lower precision."""

    def __init__(self, cache: LowCache, memory: Memory | None, reach: Growing) -> None:
        super().__init__(cache, memory, reach)
        self.cache, self.place = cache, reach

    def itself(self, qkv: Tensor) -> Tensor:
        made, place = qkv.view(len(qkv), 3, self.both.shape[2], 1, -1), self.place.place
        self.cache.write(slice(place, place + 1), made[:, 1:].transpose(0, 1))
        return self.cache.attend(made[:, 0, :, 0], place + 1).flatten(1)


def _seat(past: Past, reach: Reach, index: int) -> _Seat:
    cache, memory = past.caches[index], past.memories[index] if past.memories else None
    if isinstance(cache, LowCache) and isinstance(reach, Growing):
        return _LowSeat(cache, memory, reach)
    return _Seat(cache, memory, reach)


class _BlockStep:
    """One block: both attentions and the feed-forward."""

    def __init__(self, block: DecoderBlock, seats: Sequence[_Seat], linear: Callable[[nn.Module], Product]) -> None:
        self.attention_norm, self.hidden_norm = _norm(block.attention_norm), _norm(block.hidden_norm)
        self.to_qkv, self.to_out = linear(block.attention.to_qkv), linear(block.attention.to_out)
        self.expand, self.contract = linear(block.expand), linear(block.contract)
        self.itself = apart([seat.itself for seat in seats])
        self.conditions: Product | None = None
        if block.cross is not None and block.cross_norm is not None and seats[0].memory is not None:
            self.conditions, self.cross_norm = apart([seat.conditions for seat in seats]), _norm(block.cross_norm)
            self.to_queries, self.cross_out = linear(block.cross.to_queries), linear(block.cross.to_out)

    def __call__(self, x: Tensor) -> Tensor:
        x = x + self.to_out(self.itself(self.to_qkv(self.attention_norm(x))))
        if self.conditions is not None:
            x = x + self.cross_out(self.conditions(self.to_queries(self.cross_norm(x))))
        return x + self.contract(functional.gelu(self.expand(self.hidden_norm(x))))


def _placed(reach: Reach, table: Tensor, x: Tensor) -> Tensor:
    return x + reach.row(table)


def _attend(queries: Tensor, keys: Tensor, values: Tensor, added: Tensor | None) -> Tensor:
    """Of one position: [rows, H, 1, width] -> [rows, H width]."""
    return functional.scaled_dot_product_attention(queries, keys, values, added).view(len(queries), -1)


def bare(linear: nn.Module, *, rows: int, pieces: int) -> Product:
    """What a linear layer does, without the calls around it, for each of some pieces' `rows` as for them alone."""
    if isinstance(linear, Packed):
        return by_pieces(linear.product, linear.precision, rows=rows, pieces=pieces)
    assert isinstance(linear, nn.Linear)
    whole = partial(functional.linear, weight=linear.weight, bias=linear.bias)
    # On a GPU rows are not as alone to the bit, and one product is faster.
    return whole if linear.weight.device.type == "cuda" else by_pieces(whole, None, rows=rows, pieces=pieces)


def _norm(norm: nn.LayerNorm) -> Callable[[Tensor], Tensor]:
    shape, weight, bias, eps = norm.normalized_shape, norm.weight, norm.bias, norm.eps
    return lambda x: torch.layer_norm(x, shape, weight, bias, eps)
