"""A compact, seekable file of codes: a JSON header, then every frame in the same number of bytes.

    b"LOOMTOK1"  8 bytes
    header size  4 bytes, little-endian
    header       JSON: codec, its hash, sample rate, samples, streams K, codebook size V, frames F
    frames       F x ceil(K * bits / 8) bytes, bits = ceil(log2 V); stream 0 first, low bits first

Frame i begins at a known offset, so a part is read without the rest. Nothing in the file is executed, and
sizes are checked against the file's true length before anything is allocated.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from songloom.audio.files import replace_file

MAGIC = b"LOOMTOK1"
MOST_HEADER = 65_536


@dataclass(frozen=True, kw_only=True)
class TokenHeader:
    """What a decoder must know: `samples` is the length T of the wave, `sha256` the codec's weights."""

    codec: str
    sha256: str
    sample_rate: int
    channels: int
    samples: int
    streams: int
    codebook_size: int
    frames: int

    @property
    def bits(self) -> int:
        """Bits of one code."""
        return max(1, (self.codebook_size - 1).bit_length())

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame of K codes."""
        return -(-self.streams * self.bits // 8)


def write_tokens(path: Path, codes: np.ndarray, header: TokenHeader) -> None:
    """Writes codes [K, F], each 0..V-1. Raises ValueError when they do not fit the header."""
    if codes.shape != (header.streams, header.frames):
        raise ValueError(f"codes are {codes.shape}; the header says {(header.streams, header.frames)}")
    if codes.size and not 0 <= codes.min() <= codes.max() < header.codebook_size:
        raise ValueError(f"codes run from {codes.min()} to {codes.max()}; the codebook has {header.codebook_size}")
    planes = (codes.T[..., None].astype(np.int64) >> np.arange(header.bits)) & 1
    body = np.packbits(
        planes.reshape(header.frames, header.streams * header.bits).astype(np.uint8), axis=1, bitorder="little"
    )
    text = json.dumps(asdict(header)).encode()
    replace_file(path, MAGIC + len(text).to_bytes(4, "little") + text + body.tobytes())


def read_header(path: Path) -> tuple[TokenHeader, int]:
    """The header and the offset of frame 0. Raises ValueError for a file that is not whole or not ours."""
    size = Path(path).stat().st_size
    with Path(path).open("rb") as file:
        head = file.read(len(MAGIC) + 4)
        length = int.from_bytes(head[len(MAGIC) :], "little")
        if not head.startswith(MAGIC) or length > min(MOST_HEADER, size):
            raise ValueError(f"{path} is not a token file")
        text = file.read(length)
    try:
        data = json.loads(text)
        header = TokenHeader(**data)
    except (ValueError, TypeError):
        raise ValueError(f"{path} has a damaged header") from None
    for field in fields(header):
        value = getattr(header, field.name)
        if type(value) is not (str if field.name in ("codec", "sha256") else int) or (type(value) is int and value < 0):
            raise ValueError(f"{path} has a damaged header: {field.name} is {value!r}")
    start = len(MAGIC) + 4 + length
    if size != start + header.frames * header.frame_bytes:
        raise ValueError(f"{path} has {size} bytes; its header promises {start + header.frames * header.frame_bytes}")
    return header, start


def read_tokens(path: Path, *, first: int = 0, frames: int | None = None) -> tuple[np.ndarray, TokenHeader]:
    """Codes [K, f] (int64) of `frames` frames from frame `first`, and the header."""
    header, start = read_header(path)
    if not 0 <= first <= header.frames or (frames is not None and frames < 0):
        raise ValueError(f"{path} has frames 0 to {header.frames}; {frames} from {first} were asked for")
    count = header.frames - first if frames is None else min(frames, header.frames - first)
    with Path(path).open("rb") as file:
        file.seek(start + first * header.frame_bytes)
        body = np.frombuffer(file.read(count * header.frame_bytes), dtype=np.uint8)
    planes = np.unpackbits(body.reshape(count, header.frame_bytes), axis=1, bitorder="little")
    planes = planes[:, : header.streams * header.bits].reshape(count, header.streams, header.bits)
    codes = (planes.astype(np.int64) << np.arange(header.bits)).sum(-1).T
    if codes.size and codes.max() >= header.codebook_size:
        raise ValueError(f"{path} holds code {codes.max()}; the codebook has {header.codebook_size}")
    return codes, header
