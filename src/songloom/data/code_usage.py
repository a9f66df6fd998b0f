"""How codes use their codebooks: entries that occur, and the entropy of single codes, stream by stream."""

from __future__ import annotations

from collections import Counter

import numpy as np


class CodeUsage:
    """Counts codes as they come; memory grows with the entries that occur, not with the codebook."""

    def __init__(self, codebook_size: int) -> None:
        self.codebook_size = codebook_size
        self._counts: list[Counter[int]] = []

    def add(self, codes: np.ndarray) -> None:
        """More codes [K, f]."""
        self._counts += [Counter() for _ in range(len(codes) - len(self._counts))]
        for counts, row in zip(self._counts, codes, strict=True):
            entries, times = np.unique(row, return_counts=True)
            counts.update(dict(zip(entries.tolist(), times.tolist(), strict=True)))

    @property
    def used(self) -> list[float]:
        """The part of each stream's entries that occur at all, 0 to 1."""
        return [len(counts) / self.codebook_size for counts in self._counts]

    @property
    def entropy(self) -> list[float]:
        """Bits of a code of each stream when its chances are known: -sum p log2 p."""
        return [_entropy(np.array(list(counts.values()))) for counts in self._counts]


def _entropy(times: np.ndarray) -> float:
    shares = times / times.sum()
    return float(-(shares * np.log2(shares)).sum())
