"""Codes as bits: each takes ceil(log2 V), low bits first, without a gap between them."""

from __future__ import annotations

import numpy as np


def code_bits(codebook_size: int) -> int:
    """Bits of one code of a codebook with V entries; at least 1."""
    return max(1, (codebook_size - 1).bit_length())


def packed_size(count: int, bits: int) -> int:
    """Bytes that `count` codes of `bits` bits take."""
    return -(-count * bits // 8)


def pack(codes: np.ndarray, bits: int) -> bytes:
    """Integers of any shape, 0 .. 2**bits - 1, one after the other (the last axis runs fastest)."""
    flat = codes.reshape(-1, 1).astype(np.uint32)
    planes = (flat >> np.arange(bits, dtype=np.uint32)).astype(np.uint8) & 1
    return np.packbits(planes.reshape(-1), bitorder="little").tobytes()


def unpack(data: bytes, count: int, bits: int) -> np.ndarray:
    """The inverse of `pack`: `count` integers, int64. Raises ValueError when the data has another length or its
    padding is not zero."""
    if len(data) != packed_size(count, bits):
        raise ValueError(f"{count} codes of {bits} bits take {packed_size(count, bits)} bytes, not {len(data)}")
    planes = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
    if planes[count * bits :].any():
        raise ValueError("bits are set after the last code")
    weights = np.int64(1) << np.arange(bits, dtype=np.int64)
    return planes[: count * bits].reshape(count, bits).astype(np.int64) @ weights
