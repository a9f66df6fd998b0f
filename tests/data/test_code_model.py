"""Entropy coding of codes: lossless for anything, smaller where music repeats, never much larger."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songloom.data import code_model
from songloom.data.arithmetic import RangeDecoder, RangeEncoder


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 4), st.integers(0, 80), st.integers(2, 3000), st.floats(0.2, 12), st.integers(0, 2**31))
def test_codes_come_back_as_they_were(streams: int, frames: int, size: int, skew: float, seed: int) -> None:
    drawn = np.random.default_rng(seed).random((streams, frames))
    codes = (size * drawn**skew).astype(np.int64)
    assert np.array_equal(code_model.decode(code_model.encode(codes, size), streams, frames, size), codes)


@pytest.mark.parametrize("number", range(len(code_model.RECIPES)))
def test_every_recipe_codes_and_finds_every_code(number: int) -> None:
    size, random = 37, np.random.default_rng(number)
    codes = np.minimum(random.geometric(0.2, 600) - 1, size - 1)
    contexts = random.integers(0, 5, 600)
    coder, model = RangeEncoder(), code_model._Model(size, code_model.RECIPES[number])
    for code, context in zip(codes.tolist(), contexts.tolist(), strict=True):
        start, part, total = model.part(code, context)
        assert total == model.total(context)
        assert {model.find(target, context) for target in (start, start + part - 1)} == {(code, start, part)}
        coder.push(start, part, total)
        model.learn(code, context)
    found, model = RangeDecoder(coder.finish()), code_model._Model(size, code_model.RECIPES[number])
    for code, context in zip(codes.tolist(), contexts.tolist(), strict=True):
        made, start, part = model.find(found.target(model.total(context)), context)
        assert made == code
        found.take(start, part)
        model.learn(code, context)
    found.finish()


def test_what_repeats_becomes_small_and_noise_grows_by_one_byte_a_stream() -> None:
    assert len(code_model.encode(np.full((8, 1000), 7), 1024)) < 50
    loop = np.tile(np.random.default_rng(0).integers(0, 1024, (4, 50)), 20)
    assert len(code_model.encode(loop, 1024)) < 0.15 * 4 * 1000 * 10 / 8
    noise = np.random.default_rng(1).integers(0, 1024, (9, 1000))
    assert len(code_model.encode(noise, 1024)) <= 9 * 1000 * 10 / 8 + 9 + 2


def test_a_stream_that_follows_another_costs_little_more_than_it() -> None:
    random = np.random.default_rng(2)
    first = random.integers(0, 64, 2000)
    above = random.permutation(1024)[first]
    alone = len(code_model.encode(first[None], 1024))
    assert len(code_model.encode(np.stack([first, above]), 1024)) < 1.3 * alone


def test_the_bytes_are_the_same_on_every_machine() -> None:
    # Worked by hand: one stream, no recipe pays on two codes, so 5 and 3 of 16 are the fraction 0x53.
    assert code_model.encode(np.array([[5, 3]]), 16) == bytes([0, 0x53])


def test_whole_numbers_and_powers_of_two_have_their_logarithm() -> None:
    numbers = np.array([1, 2, 1024, 2**40])
    assert np.array_equal(code_model._log2(numbers), 4096 * np.array([0, 1, 10, 40]))
    many = np.arange(1, 5000)
    assert np.abs(code_model._log2(many) / 4096 - np.log2(many)).max() < 0.09


def test_what_is_no_code_data_is_refused() -> None:
    with pytest.raises(ValueError, match="recipes"):
        code_model.decode(b"\xff\0\0", 1, 4, 16)
    with pytest.raises(ValueError, match="recipes"):
        code_model.decode(b"", 1, 4, 16)
    with pytest.raises(ValueError, match="65537"):
        code_model.encode(np.zeros((1, 1), int), 65537)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 3), st.integers(0, 60), st.integers(2, 300))
def test_random_bytes_give_codes_or_a_value_error(data: bytes, streams: int, frames: int, size: int) -> None:
    head = bytes(value % len(code_model.RECIPES) for value in data[:streams])
    try:
        codes = code_model.decode(head + data[streams:], streams, frames, size)
    except ValueError:
        return
    assert codes.shape == (streams, frames)
    assert not codes.size or 0 <= codes.min() <= codes.max() < size
