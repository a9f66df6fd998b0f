"""`.dac` files of the descript-audio-codec package, read without running anything that they hold.

The package saves a dictionary with `numpy.save`, which means a Python pickle; `array_pickle.py` reads that.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from songloom.published.array_pickle import DTYPES, Array, unpickled

VERSION = "1.0.0"
PREFIX = b"\x93NUMPY\1\0"
ONE_OBJECT = b"{'descr': '|O', 'fortran_order': False, 'shape': (), }"
"""The beginning of a numpy file of version 1, and its header as every numpy writes it."""


@dataclass(frozen=True)
class DacFile:
    """Codes [C, K, F] (int64) in chunks of `chunk_length` frames that were coded apart, each channel by itself, and
    what playing them needs: the loudness (LUFS) and length (samples at `sample_rate` Hz) of the original, and
    `padding`, whether the networks padded (one chunk) or not (many)."""

    codes: np.ndarray
    loudness: float
    samples: int
    sample_rate: int
    chunk_length: int
    padding: bool


def read(path: str | os.PathLike[str]) -> DacFile:
    """The contents of a `.dac` file. Raises ValueError of one line for anything else."""
    data = Path(path).read_bytes()
    try:
        return _described(unpickled(_body(data)))
    except ValueError as error:
        raise ValueError(f"{path} is not a .dac file: {' '.join(str(error).split())[:300]}") from None


def _body(data: bytes) -> bytes:
    """What follows the header of a numpy file that holds one object."""
    length = int.from_bytes(data[8:10], "little")
    if data[:8] != PREFIX or data[10 : 10 + length].strip() != ONE_OBJECT:
        raise ValueError("it is no numpy file of one object")
    return data[10 + length :]


def _described(found: Any) -> DacFile:
    """The dictionary as a DacFile, every entry checked."""
    if not isinstance(found, Array) or not isinstance(found.value, dict):
        raise ValueError("it holds no dictionary")
    codes, data = _array(found.value.get("codes"), "u2"), found.value.get("metadata")
    if not isinstance(data, dict) or data.get("dac_version") != VERSION:
        raise ValueError(f"its version is not {VERSION}")
    loudness = _array(data.get("input_db"), "f4")
    lengths: dict[str, Any] = {
        name: data.get(name) for name in ("original_length", "sample_rate", "chunk_length", "channels")
    }
    for name, value in lengths.items():
        if type(value) is not int or not 1 <= value < 2**53:
            raise ValueError(f"{name} is no number above 0")
    if type(data.get("padding")) is not bool:
        raise ValueError("padding is neither true nor false")
    if codes.ndim != 3 or not codes.size or len(codes) != lengths["channels"]:
        raise ValueError(f"codes are {codes.shape}; needs [{lengths['channels']}, K, F]")
    if loudness.size != 1 or not math.isfinite(loudness.flat[0]):
        raise ValueError("its loudness is no number")
    return DacFile(
        codes=codes.astype(np.int64),
        loudness=float(loudness.flat[0]),
        samples=lengths["original_length"],
        sample_rate=lengths["sample_rate"],
        chunk_length=lengths["chunk_length"],
        padding=data["padding"],
    )


def _array(found: Any, kind: str) -> np.ndarray:
    if not isinstance(found, Array) or not isinstance(found.value, np.ndarray) or found.value.dtype != DTYPES[kind]:
        raise ValueError(f"an array of {kind} is missing")
    return found.value
