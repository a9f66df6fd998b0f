"""Entropy coding of codes: adaptive counts for each stream, drawn from nothing but the codes before.

The chance of a code mixes two things: how often it came in this stream, and how often it came after the same
context, which is the code one frame before, the code of the stream above in the same frame, or both. How much
each counts is one of a few fixed recipes; the encoder picks the cheapest for each stream and writes its number.
Everything is in whole numbers, so every machine decodes the same. After the idea of finite-context models,
Cleary & Witten 1984, "Data compression using adaptive coding and partial string matching".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from songloom.data.arithmetic import RangeDecoder, RangeEncoder

MOST_ENTRIES = 1 << 16
"""The largest codebook that is modelled."""
SUCCESSORS = 64
"""Codes that one context remembers."""


@dataclass(frozen=True)
class Recipe:
    """A code that came c times, d times of them after this context, weighs 1 + `always` * c or `after` * d."""

    context: Literal["none", "before", "above", "both"]
    always: int
    after: int


RECIPES = (
    Recipe("none", 0, 0),
    Recipe("none", 1, 0),
    Recipe("none", 4, 0),
    Recipe("before", 2, 256),
    Recipe("before", 4, 1024),
    Recipe("above", 1, 64),
    Recipe("above", 2, 128),
    Recipe("both", 1, 512),
    Recipe("both", 4, 1024),
)
"""Part of the file format: a recipe's place here is its number in the file."""


def encode(codes: np.ndarray, codebook_size: int) -> bytes:
    """Codes [K, F], each 0..V-1, as bytes. Raises ValueError when V is above MOST_ENTRIES."""
    _checked(codebook_size)
    coder, numbers = RangeEncoder(), bytearray()
    for stream in range(len(codes)):
        number = _cheapest(codes, stream, codebook_size)
        model = _Model(codebook_size, RECIPES[number])
        contexts = _contexts(codes, stream, RECIPES[number], codebook_size).tolist()
        for code, context in zip(codes[stream].tolist(), contexts, strict=True):
            coder.push(*model.part(code, context))
            model.learn(code, context)
        numbers.append(number)
    return bytes(numbers) + coder.finish()


def decode(data: bytes, streams: int, frames: int, codebook_size: int) -> np.ndarray:
    """The inverse of `encode`: codes [K, F], int64. Raises ValueError for data that `encode` did not make."""
    _checked(codebook_size)
    if len(data) < streams or (streams and max(data[:streams]) >= len(RECIPES)):
        raise ValueError("the data is damaged: it names no known recipes")
    coder, codes = RangeDecoder(data[streams:]), np.zeros((streams, frames), np.int64)
    above = [0] * frames
    for stream in range(streams):
        recipe = RECIPES[data[stream]]
        model, found, before = _Model(codebook_size, recipe), list[int](), 0
        use_before, use_above = _uses(recipe, codebook_size)
        for upper in above:
            context = use_before * before + use_above * upper
            code, start, size = model.find(coder.target(model.total(context)), context)
            coder.take(start, size)
            model.learn(code, context)
            found.append(code)
            before = code
        codes[stream] = above = found
    coder.finish()
    return codes


def _checked(codebook_size: int) -> None:
    if codebook_size > MOST_ENTRIES:
        raise ValueError(f"a codebook of {codebook_size} entries is not entropy-coded; at most {MOST_ENTRIES} are")


def _uses(recipe: Recipe, codebook_size: int) -> tuple[int, int]:
    """The factors of the code before and the code above in the number of a context."""
    return {"none": (0, 0), "before": (1, 0), "above": (0, 1), "both": (codebook_size, 1)}[recipe.context]


def _contexts(codes: np.ndarray, stream: int, recipe: Recipe, codebook_size: int) -> np.ndarray:
    """The context [F] of each code of a stream."""
    row = codes[stream].astype(np.int64)
    before = np.concatenate([row[:0], np.zeros(min(1, len(row)), np.int64), row[:-1]])
    above = codes[stream - 1].astype(np.int64) if stream else np.zeros_like(row)
    use_before, use_above = _uses(recipe, codebook_size)
    return use_before * before + use_above * above


def _cheapest(codes: np.ndarray, stream: int, codebook_size: int) -> int:
    """The number of the recipe that codes this stream in the fewest bits (nearly: SUCCESSORS is left out)."""
    row, past = codes[stream].astype(np.int64), np.arange(codes.shape[1])
    costs = []
    for recipe in RECIPES:
        contexts = _contexts(codes, stream, recipe, codebook_size)
        general = 1 + recipe.always * _earlier(row)
        near = recipe.after * _earlier(contexts * codebook_size + row)
        total = codebook_size + recipe.always * past + recipe.after * _earlier(contexts)
        costs.append(int((_log2(total) - _log2(np.maximum(general, near))).sum()))
    return costs.index(min(costs))


def _earlier(keys: np.ndarray) -> np.ndarray:
    """How many times each key [N] stands before its place."""
    order = np.argsort(keys, kind="stable")
    ordered, places = keys[order], np.arange(len(keys))
    first = np.concatenate([np.ones(min(1, len(keys)), bool), ordered[1:] != ordered[:-1]])
    counts = np.empty_like(places)
    counts[order] = places - np.maximum.accumulate(np.where(first, places, 0))
    return counts


def _log2(numbers: np.ndarray) -> np.ndarray:
    """log2 of whole numbers below 2**53 in 1/4096, straight between powers of two; whole numbers only, so that
    every machine writes the same file."""
    powers = np.frexp(numbers.astype(np.float64))[1].astype(np.int64) - 1
    return (powers << 12) + ((numbers << 12) >> powers) - (1 << 12)


@dataclass
class _Near:
    """What came after one context: counts by code, in order of their first time."""

    counts: dict[int, int] = field(default_factory=dict)
    total: int = 0


_NOTHING = _Near()


class _Model:
    """The frequencies of one stream. The whole of all parts is first what came after the context (`after` for each
    time), then all codes in order (1, and `always` for each time); a code takes the larger of its two parts."""

    def __init__(self, size: int, recipe: Recipe) -> None:
        self._size, self._always, self._after = size, recipe.always, recipe.after
        self._counts, self._sums, self._seen = [0] * size, [0] * (size + 1), 0
        self._near: dict[int, _Near] = {}
        self._half = 1 << (size.bit_length() - 1)

    def total(self, context: int) -> int:
        """The sum of all parts."""
        near = self._near.get(context, _NOTHING)
        return self._after * near.total + self._size + self._always * self._seen

    def part(self, code: int, context: int) -> tuple[int, int, int]:
        """Start and size of a code's part, and the sum of all parts."""
        near, total = self._near.get(context, _NOTHING), self.total(context)
        general = 1 + self._always * self._counts[code]
        if self._after * near.counts.get(code, 0) >= general:
            start = 0
            for other, count in near.counts.items():
                if other == code:
                    return self._after * start, self._after * count, total
                start += count
        below, place = 0, code
        while place:
            below += self._sums[place]
            place &= place - 1
        return self._after * near.total + code + self._always * below, general, total

    def find(self, target: int, context: int) -> tuple[int, int, int]:
        """The code whose part holds `target`, and the part's start and size."""
        near = self._near.get(context, _NOTHING)
        edge = self._after * near.total
        if target < edge:
            start = 0
            for code, count in near.counts.items():
                if target < self._after * (start + count):
                    return code, self._after * start, self._after * count
                start += count
        code, rest, step = 0, target - edge, self._half
        while step:
            place = code + step
            if place <= self._size:
                below = step + self._always * self._sums[place]
                if below <= rest:
                    code, rest = place, rest - below
            step >>= 1
        return code, target - rest, 1 + self._always * self._counts[code]

    def learn(self, code: int, context: int) -> None:
        """Counts a code that came after a context."""
        if self._always:
            self._seen += 1
            self._counts[code] += 1
            place = code + 1
            while place <= self._size:
                self._sums[place] += 1
                place += place & -place
        if self._after:
            near = self._near.setdefault(context, _Near())
            if code in near.counts or len(near.counts) < SUCCESSORS:
                near.counts[code] = near.counts.get(code, 0) + 1
                near.total += 1
