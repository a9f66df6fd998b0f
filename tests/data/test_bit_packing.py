"""Bit packing: no gaps, low bits first, and nothing but what was packed comes out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songloom.data.bit_packing import code_bits, pack, packed_size, unpack


@given(st.integers(1, 24), st.integers(0, 50), st.integers(0, 2**32))
def test_packed_codes_are_the_digits_of_one_long_number(bits: int, count: int, seed: int) -> None:
    codes = np.random.default_rng(seed).integers(0, 2**bits, count)
    number = sum(int(code) << bits * place for place, code in enumerate(codes))
    data = pack(codes, bits)
    assert data == number.to_bytes(packed_size(count, bits), "little")
    assert np.array_equal(unpack(data, count, bits), codes)


@pytest.mark.parametrize(("size", "bits"), [(2, 1), (3, 2), (1000, 10), (1024, 10), (1025, 11), (2048, 11)])
def test_a_code_takes_the_bits_of_the_largest_code(size: int, bits: int) -> None:
    assert code_bits(size) == bits


def test_data_of_another_length_or_with_stray_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="take 2 bytes"):
        unpack(b"\0", 1, 10)
    with pytest.raises(ValueError, match="after the last code"):
        unpack(b"\0\x80", 1, 10)
