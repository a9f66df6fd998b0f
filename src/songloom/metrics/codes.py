"""How well a codec uses its bits: efficiency and perplexity of its codebooks, plain and real bits a second.

Usages are counted over many clips (`CodeUsage`), since a short one cannot use a large codebook. Entropies are those of
single codes: what a coder that knows neither the codes before nor the other streams could reach.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from torch import Tensor

from songloom.data import code_model
from songloom.data.code_usage import CodeUsage
from songloom.data.token_file import SECONDS


def usage_of(codes: Iterable[Tensor], codebook_size: int) -> CodeUsage:
    """The usage of codes [B, K, F], piece by piece. Raises ValueError for codes outside 0..V-1, and when none come."""
    counted, seen = CodeUsage(codebook_size), 0
    for piece in codes:
        if piece.numel() and not 0 <= int(piece.min()) <= int(piece.max()) < codebook_size:
            raise ValueError(f"codes run from {int(piece.min())} to {int(piece.max())}; 0 to {codebook_size - 1}")
        for clip in piece.cpu().numpy():
            counted.add(clip)
        seen += piece.numel()
    if not seen:
        raise ValueError("there are no codes to count")
    return counted


def perplexity(usage: CodeUsage) -> list[float]:
    """2^entropy of each stream: how many entries are in even use, 1 to V."""
    return [2.0**bits for bits in usage.entropy]


def bitrate_efficiency(usage: CodeUsage) -> float:
    """Entropy of all streams over the bits that they could carry, K log2 V: 1 when all entries are in even use (Kumar
    et al. 2023, arXiv 2306.06546, section 4.2)."""
    return sum(usage.entropy) / (len(usage.entropy) * math.log2(usage.codebook_size))


def plain_bits_per_second(streams: int, codebook_size: int, frame_rate: float) -> float:
    """Bits a second of codes stored as they are, each in a whole number of bits; `frame_rate` in Hz."""
    return streams * math.ceil(math.log2(codebook_size)) * frame_rate


def entropy_bits_per_second(usage: CodeUsage, frame_rate: float) -> float:
    """Bits a second that the entropy of single codes leaves."""
    return sum(usage.entropy) * frame_rate


def coded_bits_per_second(codes: np.ndarray, codebook_size: int, frame_rate: float) -> float:
    """Bits a second of codes [K, F] in the entropy coding of `.loom` files, chunk by chunk as there (without header and
    index)."""
    size = round(SECONDS[True] * frame_rate)
    chunks = np.split(codes, range(size, codes.shape[1], size), axis=1)
    total = sum(len(code_model.encode(chunk, codebook_size)) for chunk in chunks)
    return 8 * total * frame_rate / codes.shape[1]
