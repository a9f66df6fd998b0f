"""The entropy coder of `.ecdc` files: an arithmetic coder whose chances a language model gives.

Layout as in encodec 0.1.1. An interval of whole numbers shrinks with every code to the part that its chance names;
bits that its two ends share leave, low bits of a byte first; a segment ends on a whole byte. The ends come from
products in float64, which are part of the format: any machine with IEEE numbers agrees on them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import BinaryIO, Protocol

import numpy as np

TOTAL_BITS = 24
TOTAL = 1 << TOTAL_BITS
LEAST = 2
"""Of TOTAL, what even the least likely code gets."""
GRAIN = 1e-8
"""Chances are rounded down to this, against the last digits of other machines."""
PIECE = 256
"""Frames that are read at a time."""


class Chances(Protocol):
    """What is likely in one segment, frame by frame."""

    def after(self, codes: list[int] | None) -> np.ndarray:
        """Chances [K, V] (float32) of the next frame's codes after these, K of the frame before; None at first."""


def bounds(chances: np.ndarray) -> list[list[int]]:
    """Chances [K, V] (float32) -> for each stream 0 and the running sums of its codes' shares of TOTAL."""
    kept = TOTAL * (1 - LEAST * chances.shape[1] / TOTAL)
    rounded = np.floor(chances / np.float32(GRAIN)) * np.float32(GRAIN)
    shares = np.floor(np.float32(kept) * rounded).astype(np.int64) + LEAST
    sums: list[list[int]] = np.cumsum(shares, 1).tolist()
    return [[0, *row] for row in sums]


def least_bits(codebook_size: int) -> float:
    """Bits that the likeliest code costs at least."""
    return -math.log2(1 - LEAST * (codebook_size - 1) / TOTAL)


class _Interval:
    """`low` to `high`, numbers of `bits` bits of which the shared leading ones have left."""

    def __init__(self) -> None:
        self.low = self.high = self.bits = 0

    def part(self, low: int, high: int) -> tuple[int, int]:
        """The part of the interval that the shares `low` to `high` - 1 of TOTAL have."""
        unit = (self.high - self.low + 1) / TOTAL
        return self.low + math.ceil(low * unit), self.low + math.floor((high - 1) * unit)

    @property
    def narrow(self) -> bool:
        """Whether it is too narrow for the next code."""
        return self.high - self.low + 1 < TOTAL

    def widen(self) -> None:
        self.low, self.high, self.bits = 2 * self.low, 2 * self.high + 1, self.bits + 1

    def shared(self) -> int | None:
        """Takes the leading bit away if both ends share it, and gives it."""
        if not self.bits or self.low >> (self.bits - 1) != self.high >> (self.bits - 1):
            return None
        self.bits -= 1
        bit = self.low >> self.bits
        self.low, self.high = self.low - (bit << self.bits), self.high - (bit << self.bits)
        return bit


class SegmentEncoder:
    """Writes the codes of one segment."""

    def __init__(self, file: BinaryIO, chances: Chances) -> None:
        self._file, self._chances, self._interval = file, chances, _Interval()
        self._before: list[int] | None = None
        self._out: list[int] = []

    def add(self, codes: np.ndarray) -> None:
        """The next frames [K, f]."""
        for frame in codes.T.tolist():
            for code, sums in zip(frame, bounds(self._chances.after(self._before)), strict=True):
                self._push(sums[code], sums[code + 1])
            self._before = frame
        whole = len(self._out) // 8 * 8
        self._write(self._out[:whole])
        del self._out[:whole]

    def _push(self, low: int, high: int) -> None:
        interval = self._interval
        while interval.narrow:
            interval.widen()
        interval.low, interval.high = interval.part(low, high)
        while (bit := interval.shared()) is not None:
            self._out.append(bit)

    def finish(self) -> None:
        """What is left of the interval, and zeros to a whole byte."""
        interval = self._interval
        self._out += [interval.low >> place & 1 for place in reversed(range(interval.bits))]
        self._write(self._out)

    def _write(self, bits: list[int]) -> None:
        self._file.write(np.packbits(np.array(bits, np.uint8), bitorder="little").tobytes())


class _Bits:
    """The bits of a file one by one, low ones of a byte first."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._byte, self._left = file, 0, 0

    def next(self) -> int:
        if not self._left:
            data = self._file.read(1)
            if not data:
                raise ValueError("it is truncated")
            self._byte, self._left = data[0], 8
        bit = self._byte & 1
        self._byte, self._left = self._byte >> 1, self._left - 1
        return bit


def decoded(file: BinaryIO, chances: Chances, frames: int) -> Iterator[np.ndarray]:
    """The codes [K, f] of a segment of `frames` frames, up to PIECE at a time. Raises ValueError where the file ends
    early or was made with other chances."""
    bits, interval, value = _Bits(file), _Interval(), 0
    before: list[int] | None = None
    for begin in range(0, frames, PIECE):
        found = []
        for _ in range(min(PIECE, frames - begin)):
            frame = []
            for sums in bounds(chances.after(before)):
                while interval.narrow:
                    interval.widen()
                    value = 2 * value + bits.next()
                code, interval.low, interval.high = _search(interval, value, sums)
                while (bit := interval.shared()) is not None:
                    value -= bit << interval.bits
                frame.append(code)
            found.append(frame)
            before = frame
        yield np.array(found, np.int64).T


def _search(interval: _Interval, value: int, sums: list[int]) -> tuple[int, int, int]:
    """The code whose part holds `value`, and the part."""
    first, last = 0, len(sums) - 2
    while first <= last:
        middle = (first + last) // 2
        low, high = interval.part(sums[middle], sums[middle + 1])
        if value < low:
            last = middle - 1
        elif value > high:
            first = middle + 1
        else:
            return middle, low, high
    raise ValueError("it is damaged, or was made with another language model")
