"""Comments inside audio files: RIFF LIST/INFO chunks of any length, and packing of long texts.

libsndfile writes long comments into a wav but does not read them back, so these chunks are ours; in the
other formats it is reliable up to some 40 kB, so longer texts are packed.
"""

from __future__ import annotations

import base64
import struct
import zlib
from pathlib import Path

PACKED = "zlib:"
PLAIN_BYTES = 16_000
MOST_BYTES = 40_000
MOST_TEXT = 4_000_000  # bytes of a comment that are read at all, whatever a file claims


def packed(text: str) -> str:
    """The text itself, or deflated behind "zlib:" where it is long or not ASCII (which mp3 tags garble); a
    ValueError where even that is too long."""
    if text.isascii() and len(text) <= PLAIN_BYTES:
        return text
    short = PACKED + base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    if len(short) > MOST_BYTES:
        raise ValueError(f"the metadata has {len(text.encode())} bytes, {len(short)} packed; at most {MOST_BYTES} fit")
    return short


def unpacked(text: str) -> str:
    """The inverse of `packed`; a foreign comment that only looks packed, or unpacks to
    more than MOST_TEXT bytes, stays as it is."""
    if not text.startswith(PACKED):
        return text
    try:
        inflate = zlib.decompressobj()
        data = inflate.decompress(base64.b64decode(text[len(PACKED) :], validate=True), MOST_TEXT)
        return data.decode() if inflate.eof else text
    except (ValueError, zlib.error):
        return text


def with_riff_comment(data: bytes, text: str) -> bytes:
    """A RIFF file (a wav as bytes) with `text` as its INFO comment (ICMT), appended behind its other chunks."""
    if len(data) > 0xFFFF_FFFF - len(text) * 4 - 64:
        raise ValueError(f"the wave needs {len(data)} bytes; a wav holds less than 4 GiB")
    comment = text.encode() + b"\0"
    comment += b"\0" * (len(comment) % 2)
    body = b"INFO" + b"ICMT" + struct.pack("<I", len(comment)) + comment
    whole = data + b"\0" * (len(data) % 2) + b"LIST" + struct.pack("<I", len(body)) + body
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


def riff_comment(path: Path) -> str | None:
    """The INFO comment of a wav file, or None; only chunk headers are read on the way to it."""
    with path.open("rb") as file:
        if file.read(4) != b"RIFF":
            return None
        file.seek(12)
        while len(header := file.read(8)) == 8:
            name, size = struct.unpack("<4sI", header)
            if name == b"LIST" and file.read(4) == b"INFO":
                return _comment_in(file.read(min(max(size - 4, 0), MOST_TEXT)))
            file.seek(size - (4 if name == b"LIST" else 0) + size % 2, 1)
    return None


def _comment_in(chunks: bytes) -> str | None:
    place = 0
    while place + 8 <= len(chunks):
        name, size = struct.unpack_from("<4sI", chunks, place)
        if name == b"ICMT":
            return chunks[place + 8 : place + 8 + size].rstrip(b"\0").decode(errors="replace")
        place += 8 + size + size % 2
    return None
