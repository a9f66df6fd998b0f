"""Codebook usage against its definition."""

from __future__ import annotations

import numpy as np
import pytest

from songloom.data.code_usage import CodeUsage


def test_even_use_is_the_logarithm_and_one_entry_is_nothing() -> None:
    usage = CodeUsage(64)
    for _ in range(3):
        usage.add(np.stack([np.arange(64), np.arange(64) % 8, np.full(64, 5)]))
    assert usage.used == [1.0, 1 / 8, 1 / 64]
    assert usage.entropy == pytest.approx([6.0, 3.0, 0.0])


def test_pieces_count_as_the_whole() -> None:
    codes = np.random.default_rng(0).geometric(0.1, (3, 1000))
    whole, pieces = CodeUsage(1000), CodeUsage(1000)
    whole.add(codes)
    for part in np.array_split(codes, 7, axis=1):
        pieces.add(part)
    assert whole.entropy == pytest.approx(pieces.entropy)
    assert whole.used == pieces.used
    shares = np.bincount(codes[0]) / 1000
    assert whole.entropy[0] == pytest.approx(-sum(p * np.log2(p) for p in shares if p))
