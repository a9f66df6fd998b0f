"""An arithmetic coder in whole numbers: symbols of any integer frequencies become bytes, the same on every machine.

Range coding after Martin 1979, "Range encoding: an algorithm for removing redundancy from a digitised message":
an interval of whole numbers shrinks with every symbol to the part that the symbol's frequencies name, and its
leading bytes leave as soon as they are certain.
"""

from __future__ import annotations

TOP = 48
"""Bits of the interval; after each symbol it is at least 2**(TOP - 8) wide."""
FLOOR = 1 << (TOP - 8)
MOST_TOTAL = 1 << 30
"""Totals up to here cost less than 0.002 bits a symbol in rounding."""


class RangeEncoder:
    """`push` symbols, then `finish` gives the bytes."""

    def __init__(self) -> None:
        self._low, self._width = 0, 1 << TOP
        self._bytes = bytearray()

    def push(self, start: int, size: int, total: int) -> None:
        """A symbol that takes `start` .. `start` + `size` of `total`: size at least 1, total at most MOST_TOTAL."""
        unit = self._width // total
        self._low += start * unit
        self._width = size * unit
        while self._width < FLOOR:
            self._shift()
            self._width <<= 8

    def _shift(self) -> None:
        """The leading byte leaves; a carry out of it goes into the bytes that have left before."""
        if self._low >> TOP:
            place = len(self._bytes) - 1
            while self._bytes[place] == 255:
                self._bytes[place] = 0
                place -= 1
            self._bytes[place] += 1
        self._bytes.append(self._low >> (TOP - 8) & 255)
        self._low = (self._low & (FLOOR - 1)) << 8

    def finish(self) -> bytes:
        """All bytes: the shortest end that, followed by zeros, lies in the last interval."""
        end = self._low + self._width
        for count in range(1, TOP // 8 + 1):
            step = 1 << (TOP - 8 * count)
            value = -(-self._low // step) * step
            if value < end:
                break
        self._low = value
        for _ in range(count):
            self._shift()
        return bytes(self._bytes)


class RangeDecoder:
    """The inverse: `target` says where in the total the next symbol lies, `take` goes past it. Both raise ValueError
    for bytes that no encoder has made."""

    def __init__(self, data: bytes) -> None:
        head = TOP // 8
        self._data, self._place = data, head
        self._offset, self._width, self._unit = int.from_bytes(data[:head].ljust(head, b"\0"), "big"), 1 << TOP, 1

    def target(self, total: int) -> int:
        """A number from 0 to `total` - 1 that lies in the next symbol's part."""
        self._unit = self._width // total
        found = self._offset // self._unit
        if found >= total:
            raise ValueError("the data is damaged: it lies beyond the last symbol")
        return found

    def take(self, start: int, size: int) -> None:
        """Goes past the symbol with the part `start` .. `start` + `size`, which holds the last target."""
        self._offset -= start * self._unit
        self._width = size * self._unit
        while self._width < FLOOR:
            if self._place - TOP // 8 >= len(self._data):
                raise ValueError("the data ends before the last symbol")
            byte = self._data[self._place] if self._place < len(self._data) else 0
            self._offset = self._offset << 8 | byte
            self._width <<= 8
            self._place += 1

    def finish(self) -> None:
        """Raises ValueError unless the bytes end where the symbols do."""
        if not self._place - TOP // 8 < len(self._data) <= self._place:
            raise ValueError(f"the symbols end by byte {self._place}, the data at byte {len(self._data)}")
