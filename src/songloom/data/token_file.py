"""The `.loom` token file: codes in chunks that decode by themselves, written and read in constant memory.

    header         token_header.py
    chunks         one after the other, no gaps
    index          for each chunk: frames, bytes, CRC-32 (4 bytes each, little-endian)
    tail           offset of the index, samples of the wave (8 bytes each), chunks, CRC-32 of index and tail so far
                   (4 bytes each), "LOOM-END"

A chunk holds codes [K, F], stream by stream: packed (bit_packing.py) or entropy-coded (code_model.py). Nothing in
a file is executed, and no size in it is believed before it fits the file's true length.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np

from songloom.audio.replacing import replacing
from songloom.data import code_model
from songloom.data.bit_packing import pack, packed_size, unpack
from songloom.data.token_header import TokenHeader, read_header, write_header

ENTRY = struct.Struct("<III")
TAIL = struct.Struct("<QQII8s")
END = b"LOOM-END"
MOST_FRAMES = 1 << 14
"""Frames of one chunk."""
MOST_CODES = 1 << 20
"""Codes of one chunk: with them, what a file can make a reader allocate is bounded."""
SECONDS = {False: 5.0, True: 30.0}
"""Length of a chunk, plain and entropy-coded: counts need time to become good."""


def most_frames(header: TokenHeader) -> int:
    """Frames that a chunk may hold."""
    return min(MOST_FRAMES, MOST_CODES // header.streams)


class TokenWriter:
    """Takes codes as they come and writes whole chunks; `finish` writes the index. The file stays the caller's."""

    def __init__(self, file: BinaryIO, header: TokenHeader) -> None:
        self.header, self._file, self._entries = header, file, bytearray()
        write_header(file, header)
        self._place = file.tell()
        self._size = min(most_frames(header), max(1, round(SECONDS[header.entropy] * header.frame_rate)))
        self._codes = np.zeros((header.streams, 0), np.int64)
        self.frames = 0

    def add(self, codes: np.ndarray) -> None:
        """The next codes [K, f], any number. Raises ValueError when they do not fit the header."""
        header = self.header
        if codes.ndim != 2 or len(codes) != header.streams:
            raise ValueError(f"codes are {codes.shape}; the header has {header.streams} streams")
        if codes.size and not 0 <= codes.min() <= codes.max() < header.codebook_size:
            raise ValueError(f"codes run from {codes.min()} to {codes.max()}; the codebook has {header.codebook_size}")
        self._codes = np.concatenate([self._codes, codes.astype(np.int64)], 1)
        self.frames += codes.shape[1]
        while self._codes.shape[1] >= self._size:
            self._flush(self._size)

    def finish(self, samples: int) -> None:
        """The rest, and the index; `samples` is the length T of the wave."""
        if not 0 <= samples <= self.frames * self.header.hop_length:
            raise ValueError(f"{self.frames} frames do not make {samples} samples")
        self._flush(self._codes.shape[1])
        tail = struct.pack("<QQI", self._place, samples, len(self._entries) // ENTRY.size)
        check = zlib.crc32(bytes(self._entries) + tail)
        self._file.write(bytes(self._entries) + tail + struct.pack("<I8s", check, END))

    def _flush(self, frames: int) -> None:
        if not frames:
            return
        codes, self._codes = self._codes[:, :frames], self._codes[:, frames:]
        header = self.header
        data = code_model.encode(codes, header.codebook_size) if header.entropy else pack(codes, header.bits)
        self._file.write(data)
        self._entries += ENTRY.pack(frames, len(data), zlib.crc32(data))
        self._place += len(data)


@contextmanager
def writing(path: Path, header: TokenHeader) -> Iterator[TokenWriter]:
    """A writer whose file stands at the path once the block has ended well; the block calls `finish` at its end."""
    with replacing(path) as file:
        yield TokenWriter(file, header)


class TokenReader:
    """An open `.loom` file. Raises ValueError for one that is not whole or not ours, naming it."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._file = self.path.open("rb")
        try:
            self._open()
        except ValueError as error:
            self._file.close()
            raise ValueError(f"{self.path}: {error}") from None

    def _open(self) -> None:
        self.header = read_header(self._file)
        start, size = self._file.tell(), os.fstat(self._file.fileno()).st_size
        if size < start + TAIL.size:
            raise ValueError("it is truncated")
        self._file.seek(size - TAIL.size)
        tail = self._file.read(TAIL.size)
        place, samples, chunks, check, end = TAIL.unpack(tail)
        if end != END or place < start or place + chunks * ENTRY.size + TAIL.size != size:
            raise ValueError("it is truncated or damaged: its end is not that of a .loom file")
        self._file.seek(place)
        index = self._file.read(chunks * ENTRY.size)
        if zlib.crc32(index + tail[: TAIL.size - 12]) != check:
            raise ValueError("its index is damaged")
        entries = np.frombuffer(index, "<u4").reshape(-1, 3).astype(np.int64)
        self._frames, self._sizes, self._checks = entries.T
        self._firsts = np.concatenate([[0], np.cumsum(self._frames)])
        self._places = start + np.concatenate([[0], np.cumsum(self._sizes)])
        self.samples, self.frames, self.chunks = samples, int(self._firsts[-1]), chunks
        most = most_frames(self.header)
        if chunks and not 1 <= self._frames.min() <= self._frames.max() <= most:
            raise ValueError(f"its index is damaged: a chunk holds 1 to {most} frames")
        if self._places[-1] != place or samples > self.frames * self.header.hop_length:
            raise ValueError("its index is damaged: its chunks do not fill the file")

    @property
    def coded_bytes(self) -> int:
        """Bytes of all chunks."""
        return int(self._sizes.sum())

    def chunk(self, number: int) -> np.ndarray:
        """Codes [K, F] (int64) of chunk `number`, 0 to `chunks` - 1, decoded by itself."""
        frames, size, check = (int(column[number]) for column in (self._frames, self._sizes, self._checks))
        self._file.seek(self._places[number])
        data = self._file.read(size)
        try:
            if zlib.crc32(data) != check:
                raise ValueError("its bytes have changed")
            return self._codes(data, frames)
        except ValueError as error:
            raise ValueError(f"{self.path}: chunk {number} is damaged: {error}") from None

    def _codes(self, data: bytes, frames: int) -> np.ndarray:
        header = self.header
        if header.entropy:
            return code_model.decode(data, header.streams, frames, header.codebook_size)
        if len(data) != packed_size(header.streams * frames, header.bits):
            raise ValueError(f"{frames} frames do not take {len(data)} bytes")
        codes = unpack(data, header.streams * frames, header.bits).reshape(header.streams, frames)
        if codes.max() >= header.codebook_size:
            raise ValueError(f"code {codes.max()} is beyond the codebook of {header.codebook_size}")
        return codes

    def pieces(self, first: int = 0, last: int | None = None) -> Iterator[np.ndarray]:
        """Codes [K, f] of frames `first` to `last` (not included), chunk by chunk; only their chunks are read."""
        stop = self.frames if last is None else last
        if not 0 <= first <= stop <= self.frames:
            raise ValueError(f"{self.path} has frames 0 to {self.frames}; {first} to {stop} were asked for")
        number = int(np.searchsorted(self._firsts, first, side="right")) - 1
        while first < stop and number < self.chunks and (begin := int(self._firsts[number])) < stop:
            yield self.chunk(number)[:, max(0, first - begin) : stop - begin]
            number += 1

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def __enter__(self) -> TokenReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
