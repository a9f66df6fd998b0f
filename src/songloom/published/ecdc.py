"""`.ecdc` files, the bit stream of the encodec package, read and written to the byte.

    "ECDC", version 0 (1 byte), length of the JSON (4 bytes); numbers are big-endian
    JSON           m model, al samples, nc codebooks K, lm whether an LM codes the entropy
    per segment    a float32 scale where the model normalises, then its codes: frame by frame, K of 10 bits each,
                   low bits first, the last byte filled with zeros; with an LM as in ecdc_entropy.py

Layout as in encodec 0.1.1 (Défossez et al. 2022, arXiv 2210.13438). A 24 kHz file is one segment; a 48 kHz file has
one of a second (the last ones shorter) every 0.99 s.
"""

from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

import numpy as np

from songloom.audio.replacing import replacing
from songloom.data.bit_packing import pack, packed_size, unpack
from songloom.published.ecdc_entropy import Chances, SegmentEncoder, decoded, least_bits

START = struct.Struct("!4sBI")
MAGIC = b"ECDC"
BITS = 10
MOST_JSON = 1 << 12
PIECE = 1 << 12
"""Frames that are read at a time; a multiple of four, so that pieces end on whole bytes."""


@dataclass(frozen=True)
class Layout:
    """How a model's codes lie in time: samples of a segment and from one to the next (None: all is one segment)."""

    sample_rate: int
    channels: int
    streams: int
    segment: int | None
    stride: int | None
    normalised: bool
    hop_length: int = 320


LAYOUTS = {
    "encodec_24khz": Layout(24_000, 1, 32, None, None, False),
    "encodec_48khz": Layout(48_000, 2, 16, 48_000, 47_520, True),
}


class Predictor(Protocol):
    """A language model of codes."""

    def begin(self, streams: int) -> Chances:
        """The chances of a new segment."""


class Piece(NamedTuple):
    """Codes [K, f] (int64) of a segment or of a part of the only one, and the segment's scale, if it has one."""

    codes: np.ndarray
    scale: float | None


@dataclass(frozen=True)
class EcdcHeader:
    """`model` is a key of LAYOUTS, `samples` the length T of the wave, `streams` the codebooks K, `lm` whether the
    codes are entropy-coded with a language model's help. Raises ValueError for what no model has."""

    model: str
    samples: int
    streams: int
    lm: bool = False

    def __post_init__(self) -> None:
        if self.model not in LAYOUTS:
            raise ValueError(f"the model is {self.model!r:.60}; it is one of {', '.join(LAYOUTS)}")
        if type(self.samples) is not int or not 1 <= self.samples < 2**53:
            raise ValueError(f"its length is {self.samples!r:.60} samples")
        if type(self.streams) is not int or not 1 <= self.streams <= self.layout.streams:
            raise ValueError(f"it has {self.streams!r:.60} codebooks; {self.model} has 1 to {self.layout.streams}")
        if type(self.lm) is not bool:
            raise ValueError(f"lm is {self.lm!r:.60}; it is true or false")

    @property
    def layout(self) -> Layout:
        """How the codes lie in time."""
        return LAYOUTS[self.model]

    @property
    def segments(self) -> int:
        """How many segments there are."""
        return math.ceil(self.samples / (self.layout.stride or self.samples))

    def frames(self, segment: int) -> int:
        """Frames of a segment."""
        left = self.samples - segment * (self.layout.stride or 0)
        return math.ceil(min(left, self.layout.segment or left) / self.layout.hop_length)

    @property
    def codes(self) -> int:
        """Codes of all segments."""
        return self._total(lambda segment: self.frames(segment) * self.streams)

    @property
    def size(self) -> int:
        """Bytes of all segments when no LM is used."""
        scale = 4 * self.layout.normalised
        return self._total(lambda segment: packed_size(self.frames(segment) * self.streams, BITS) + scale)

    def _total(self, amount: Callable[[int], int]) -> int:
        """The sum over all segments; only the last two may differ from the first."""
        whole = max(0, self.segments - 2)
        return whole * amount(0) + sum(amount(number) for number in range(whole, self.segments))


def read_header(file: BinaryIO) -> EcdcHeader:
    """The header of an open `.ecdc` file. Raises ValueError for what is none."""
    start = file.read(START.size)
    if start[:4] != MAGIC or len(start) < START.size:
        raise ValueError("it is not an .ecdc file")
    _, version, length = START.unpack(start)
    if version != 0:
        raise ValueError(f"it is of version {version}; only version 0 is known")
    text = file.read(length) if length <= MOST_JSON else b""
    try:
        found = json.loads(text)
        return EcdcHeader(found["m"], found["al"], found["nc"], found["lm"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ValueError(f"its header is damaged: {error}") from None


def pieces(file: BinaryIO, header: EcdcHeader, lm: Predictor | None = None) -> Iterator[Piece]:
    """The codes of a file that stands after its header, in order; a segment comes in several pieces where it is
    long. Raises ValueError where the file ends early."""
    for segment in range(header.segments):
        scale = _scale(_exactly(file, 4)) if header.layout.normalised else None
        frames = header.frames(segment)
        if lm is not None:
            found = decoded(file, lm.begin(header.streams), frames)
            whole = [np.concatenate(list(found), 1)] if header.layout.normalised else found
            yield from (Piece(codes, scale) for codes in whole)
            continue
        for begin in range(0, frames, PIECE):
            count = min(PIECE, frames - begin) * header.streams
            codes = unpack(_exactly(file, packed_size(count, BITS)), count, BITS)
            yield Piece(codes.reshape(-1, header.streams).T, scale)
    if file.read(1):
        raise ValueError("it goes on after its last code")


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise ValueError("it is truncated")
    return data


def _scale(data: bytes) -> float:
    scale = float(struct.unpack("!f", data)[0])
    if not math.isfinite(scale) or scale < 0:
        raise ValueError(f"a segment's scale is {scale}")
    return scale


class EcdcReader:
    """An open `.ecdc` file. Raises ValueError for one that is not whole or not one, naming it."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        with self.path.open("rb") as file:
            try:
                self.header = read_header(file)
                self._start = file.tell()
                self.coded_bytes = os.fstat(file.fileno()).st_size - self._start
                least = self.header.codes * least_bits(1 << BITS) / 8 if self.header.lm else self.header.size
                if self.coded_bytes < least or (not self.header.lm and self.coded_bytes > least):
                    raise ValueError(f"its codes take {math.ceil(least)} bytes, but {self.coded_bytes} are there")
            except ValueError as error:
                raise ValueError(f"{self.path}: {error}") from None

    def pieces(self, lm: Predictor | None = None) -> Iterator[Piece]:
        """The codes, as `pieces` gives them. Raises ValueError for a file that needs a language model, when none is
        given."""
        if self.header.lm and lm is None:
            raise ValueError(f"{self.path} is entropy-coded with EnCodec's language model; its weights are needed")
        with self.path.open("rb") as file:
            file.seek(self._start)
            try:
                yield from pieces(file, self.header, lm if self.header.lm else None)
            except ValueError as error:
                raise ValueError(f"{self.path}: {error}") from None


def write(path: Path, header: EcdcHeader, codes: Iterable[Piece], lm: Predictor | None = None) -> None:
    """Writes pieces as an `.ecdc` file: each a whole segment, or, where all is one segment, of any length. Raises
    ValueError, and writes nothing, when they do not fit the header."""
    if header.lm != (lm is not None):
        raise ValueError("a header with lm needs a language model, and one without needs none")
    with replacing(path) as file:
        write_header(file, header)
        if header.layout.normalised:
            _write_segments(file, header, codes, lm)
        elif lm is None:
            _write_one(file, header, codes)
        else:
            _write_likely(file, header, codes, lm)


def write_header(file: BinaryIO, header: EcdcHeader) -> None:
    """The first bytes of a file."""
    text = json.dumps({"m": header.model, "al": header.samples, "nc": header.streams, "lm": header.lm}).encode()
    file.write(START.pack(MAGIC, 0, len(text)) + text)


def _checked(codes: np.ndarray, header: EcdcHeader, frames: int | None = None) -> np.ndarray:
    if codes.ndim != 2 or len(codes) != header.streams or (frames is not None and codes.shape[1] != frames):
        raise ValueError(f"codes are {codes.shape}; needs [{header.streams}, {'f' if frames is None else frames}]")
    if codes.size and not 0 <= codes.min() <= codes.max() < 1 << BITS:
        raise ValueError(f"codes run from {codes.min()} to {codes.max()}; 0 to {(1 << BITS) - 1}")
    return codes.T


def _write_segments(file: BinaryIO, header: EcdcHeader, codes: Iterable[Piece], lm: Predictor | None) -> None:
    count = 0
    for count, (segment, scale) in enumerate(codes, 1):
        if scale is None or count > header.segments:
            raise ValueError(f"segment {count} of {header.segments} has the scale {scale}")
        rows = _checked(segment, header, header.frames(count - 1))
        file.write(struct.pack("!f", scale))
        if lm is None:
            file.write(pack(rows, BITS))
        else:
            coder = SegmentEncoder(file, lm.begin(header.streams))
            coder.add(rows.T)
            coder.finish()
    if count != header.segments:
        raise ValueError(f"{count} segments came; {header.samples} samples have {header.segments}")


def _write_one(file: BinaryIO, header: EcdcHeader, codes: Iterable[Piece]) -> None:
    rest, count = np.zeros((0, header.streams), np.int64), 0
    for piece in codes:
        rest = np.concatenate([rest, _checked(piece.codes, header)])
        count += piece.codes.shape[1]
        whole = len(rest) // 4 * 4  # as many as end on a whole byte
        file.write(pack(rest[:whole], BITS))
        rest = rest[whole:]
    file.write(pack(rest, BITS))
    _expect(count, header)


def _write_likely(file: BinaryIO, header: EcdcHeader, codes: Iterable[Piece], lm: Predictor) -> None:
    coder, count = SegmentEncoder(file, lm.begin(header.streams)), 0
    for piece in codes:
        coder.add(_checked(piece.codes, header).T)
        count += piece.codes.shape[1]
    coder.finish()
    _expect(count, header)


def _expect(frames: int, header: EcdcHeader) -> None:
    if frames != header.frames(0):
        raise ValueError(f"{frames} frames came; {header.samples} samples have {header.frames(0)}")
