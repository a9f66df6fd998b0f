"""Token files: exact, seekable, and safe against damaged ones."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songloom.data.token_file import TokenHeader, read_header, read_tokens, write_tokens


def header(streams: int, frames: int, codebook_size: int) -> TokenHeader:
    return TokenHeader(
        codec="c",
        sha256="0" * 64,
        sample_rate=32000,
        channels=1,
        samples=frames * 1024,
        streams=streams,
        codebook_size=codebook_size,
        frames=frames,
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9), st.integers(0, 40), st.integers(2, 5000), st.integers(0, 2**31))
def test_codes_come_back_as_they_were_written(tmp_path_factory, streams, frames, size, seed) -> None:
    codes = np.random.default_rng(seed).integers(0, size, (streams, frames))
    path = tmp_path_factory.mktemp("t") / "a.tokens"
    write_tokens(path, codes, header(streams, frames, size))
    back, found = read_tokens(path)
    assert np.array_equal(back, codes)
    assert found == header(streams, frames, size)


def test_a_part_is_read_without_the_rest(tmp_path: Path) -> None:
    codes = np.arange(4 * 100).reshape(4, 100) % 1000
    write_tokens(tmp_path / "a.tokens", codes, header(4, 100, 1024))
    part, _ = read_tokens(tmp_path / "a.tokens", first=90, frames=50)
    assert np.array_equal(part, codes[:, 90:])


def test_ten_bit_codes_take_ten_bits(tmp_path: Path) -> None:
    write_tokens(tmp_path / "a.tokens", np.zeros((8, 100), dtype=int), header(8, 100, 1024))
    _, start = read_header(tmp_path / "a.tokens")
    assert (tmp_path / "a.tokens").stat().st_size - start == 100 * 10


def test_damaged_files_are_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.tokens"
    write_tokens(path, np.zeros((2, 10), dtype=int), header(2, 10, 16))
    whole = path.read_bytes()
    huge = whole.replace(b'"frames": 10', b'"frames": 99999999999')
    for data in (b"", whole[:20], whole[:-1], whole + b"x", b"X" + whole[1:], whole.replace(b"{", b"[", 1), huge):
        path.write_bytes(data)
        with pytest.raises(ValueError, match=r"a\.tokens"):
            read_tokens(path)


def test_codes_beyond_the_codebook_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="codebook"):
        write_tokens(tmp_path / "a.tokens", np.full((1, 3), 16), header(1, 3, 16))
    bent = dataclasses.replace(header(1, 3, 1024), codebook_size=1000)
    write_tokens(tmp_path / "b.tokens", np.full((1, 3), 999), bent)
    data = (tmp_path / "b.tokens").read_bytes().replace(b'"codebook_size": 1000', b'"codebook_size": 990 ')
    (tmp_path / "b.tokens").write_bytes(data)
    with pytest.raises(ValueError, match="999"):
        read_tokens(tmp_path / "b.tokens")
