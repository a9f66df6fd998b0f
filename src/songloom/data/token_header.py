"""What a `.loom` file says of itself: which codec made its codes, and how they lie in time.

    magic          8 bytes; a copy that changed line ends or stripped high bits no longer has it
    version        2 bytes, all numbers little-endian
    length, CRC    4 bytes each, of the JSON
    JSON           the fields of TokenHeader

Every field has a type and limits that are checked before anything else is read.
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from dataclasses import asdict, dataclass, fields
from typing import BinaryIO

from songloom.data.bit_packing import code_bits
from songloom.data.code_model import MOST_ENTRIES

MAGIC = b"\x8bLOOM\r\n\x1a"
VERSION = 1
START = struct.Struct("<8sHII")
MOST_JSON = 1 << 16
LIMITS = {
    "sample_rate": (1, 10_000_000),
    "channels": (1, 1024),
    "streams": (1, 1024),
    "codebook_size": (2, 1 << 24),
    "hop_length": (1, 1 << 24),
}
"""The least and most of each number."""


@dataclass(frozen=True, kw_only=True)
class TokenHeader:
    """`codec` is the name that the codec was loaded by, `kind` that of its settings, `sha256` (hex) that of its
    weights. A wave at `sample_rate` Hz has K = `streams` codes below V = `codebook_size` for every `hop_length`
    samples, or some more. With `entropy` chunks are entropy-coded."""

    codec: str
    kind: str
    sha256: str
    sample_rate: int
    channels: int
    streams: int
    codebook_size: int
    hop_length: int
    entropy: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if type(value).__name__ != field.type:
                raise ValueError(f"{field.name} is {value!r:.100}; it is of type {field.type}")
        for name, (least, most) in LIMITS.items():
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"{name} is {getattr(self, name)}; it is {least} to {most}")
        if not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise ValueError(f"sha256 is {self.sha256!r:.100}; it is 64 hex digits")
        if self.entropy and self.codebook_size > MOST_ENTRIES:
            raise ValueError(f"codebook_size is {self.codebook_size}; up to {MOST_ENTRIES} can be entropy-coded")

    @property
    def frame_rate(self) -> float:
        """Frames per second."""
        return self.sample_rate / self.hop_length

    @property
    def bits(self) -> int:
        """Bits of one code that is not entropy-coded."""
        return code_bits(self.codebook_size)


def write_header(file: BinaryIO, header: TokenHeader) -> None:
    """Writes the header where the file stands."""
    text = json.dumps(asdict(header), ensure_ascii=False).encode()
    if len(text) > MOST_JSON:
        raise ValueError(f"the header has {len(text)} bytes; up to {MOST_JSON} are allowed")
    file.write(START.pack(MAGIC, VERSION, len(text), zlib.crc32(text)) + text)


def read_header(file: BinaryIO) -> TokenHeader:
    """The header of a file that stands at its beginning. Raises ValueError for what is none."""
    start = file.read(START.size)
    if start[: len(MAGIC)] != MAGIC:
        raise ValueError("it is not a .loom file")
    if len(start) < START.size:
        raise ValueError("it is truncated")
    _, version, length, check = START.unpack(start)
    if version != VERSION:
        raise ValueError(f"it is of version {version}; this songloom reads version {VERSION}")
    if length > MOST_JSON:
        raise ValueError(f"its header is damaged: {length} bytes")
    text = file.read(length)
    if len(text) < length:
        raise ValueError("it is truncated")
    if zlib.crc32(text) != check:
        raise ValueError("its header is damaged")
    try:
        found = json.loads(text)
        return TokenHeader(**found)
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"its header is damaged: {error}") from None
