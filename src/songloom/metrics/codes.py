"""How well a codec uses its bits: entropy, efficiency, perplexity and usage of its codebooks.

All functions take counts [K, V]: how often each stream used each entry. Counts of many clips are summed first, since
a short clip cannot use a large codebook. Entropies are those of single codes: what a coder that knows neither the
codes before nor the other streams could reach.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def code_counts(codes: Tensor, codebook_size: int) -> Tensor:
    """Codes [B, K, F] -> counts [K, V], int64. Raises ValueError for codes outside 0..V-1."""
    if codes.ndim != 3 or not codes.numel():
        raise ValueError(f"codes are {tuple(codes.shape)}; needs [B, K, F] with at least one")
    if not 0 <= int(codes.min()) <= int(codes.max()) < codebook_size:
        raise ValueError(f"codes run from {int(codes.min())} to {int(codes.max())}; 0 to {codebook_size - 1}")
    return torch.stack([torch.bincount(row.flatten(), minlength=codebook_size) for row in codes.unbind(1)])


def entropy(counts: Tensor) -> Tensor:
    """Counts [K, V] -> bits for each code of each stream [K]: -sum p log2 p."""
    shares = counts.double() / counts.sum(-1, keepdim=True)
    return torch.special.entr(shares).sum(-1) / math.log(2)


def perplexity(counts: Tensor) -> Tensor:
    """Counts [K, V] -> how many entries of each stream are in even use [K], 1 to V."""
    return torch.exp2(entropy(counts))


def usage(counts: Tensor) -> Tensor:
    """Counts [K, V] -> the part of each stream's entries that occur at all [K]."""
    return (counts > 0).double().mean(-1)


def bitrate_efficiency(counts: Tensor) -> float:
    """Entropy of all streams over the bits that they could carry, K log2 V: 1 when all entries are in even use (Kumar
    et al. 2023, arXiv 2306.06546, section 4.2)."""
    return float(entropy(counts).sum()) / (len(counts) * math.log2(counts.shape[1]))


def plain_bits_per_second(streams: int, codebook_size: int, frame_rate: float) -> float:
    """Bits a second of codes stored as they are, each in a whole number of bits; `frame_rate` in Hz."""
    return streams * math.ceil(math.log2(codebook_size)) * frame_rate


def coded_bits_per_second(counts: Tensor, frame_rate: float) -> float:
    """Bits a second that the entropy of the codes leaves."""
    return float(entropy(counts).sum()) * frame_rate
