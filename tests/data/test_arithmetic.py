"""The arithmetic coder: what goes in comes out, at the length that information theory gives."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songloom.data.arithmetic import MOST_TOTAL, RangeDecoder, RangeEncoder

Parts = list[tuple[int, int, int]]


def encoded(parts: Parts) -> bytes:
    coder = RangeEncoder()
    for part in parts:
        coder.push(*part)
    return coder.finish()


def decode(data: bytes, parts: Parts) -> None:
    """Goes through `data` by the parts that made it; asserts that each is found."""
    coder = RangeDecoder(data)
    for start, size, total in parts:
        assert start <= coder.target(total) < start + size
        coder.take(start, size)
    coder.finish()


@st.composite
def some_parts(draw: st.DrawFn) -> Parts:
    parts = []
    for _ in range(draw(st.integers(0, 25))):
        total = draw(st.one_of(st.integers(1, 40), st.integers(1, MOST_TOTAL)))
        start = draw(st.one_of(st.integers(0, total - 1), st.just(total - 1), st.just(0)))
        parts.append((start, draw(st.one_of(st.just(1), st.integers(1, total - start))), total))
    return parts


@given(some_parts())
def test_every_symbol_is_found_again_at_the_cost_of_its_information(parts: Parts) -> None:
    data = encoded(parts)
    decode(data, parts)
    bits = sum(math.log2(total / size) for _, size, total in parts)
    assert len(data) * 8 <= bits * 1.002 + 8 + 8


def test_carries_run_through_any_number_of_bytes() -> None:
    # 1/3 in binary has no end, so the interval stays around a boundary until the last symbol decides.
    for last in (0, 2):
        parts = [(1, 1, 3)] * 200 + [(last, 1, 3)]
        decode(encoded(parts), parts)
    parts = [(255, 1, 256)] * 40 + [(999, 1, 1000)] * 40
    decode(encoded(parts), parts)


def test_data_that_no_encoder_made_is_refused() -> None:
    parts = [(5, 1, 1000)] * 50
    data = encoded(parts)
    with pytest.raises(ValueError, match="end"):
        decode(data + b"\0\0\0\0\0\0\0", parts)
    with pytest.raises((ValueError, AssertionError)):
        decode(data[: len(data) // 2], parts)
    with pytest.raises(ValueError, match="beyond"):
        RangeDecoder(b"\xff" * 8).target(3 * 2**28)


@given(st.binary(max_size=40), st.integers(1, 300))
def test_random_bytes_give_symbols_or_a_value_error(data: bytes, total: int) -> None:
    coder = RangeDecoder(data)
    try:
        for _ in range(200):
            target = coder.target(total)
            assert 0 <= target < total
            coder.take(target, 1)
        coder.finish()
    except ValueError:
        pass


def test_random_symbols_of_one_distribution_take_their_entropy() -> None:
    weights = np.array([1, 2, 3, 10, 100, 1000])
    starts, total = np.cumsum(weights) - weights, int(weights.sum())
    drawn = np.random.default_rng(0).choice(len(weights), 5000, p=weights / total)
    data = encoded([(int(starts[s]), int(weights[s]), total) for s in drawn])
    information = -np.log2(weights[drawn] / total).sum()
    assert information / 8 <= len(data) <= information / 8 + 2
