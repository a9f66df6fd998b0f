"""`.ecdc` files as a format: sizes by formula, exact round trips, and one line for what is none."""

from __future__ import annotations

import io
import json
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songloom.published.ecdc import EcdcHeader, EcdcReader, Piece, read_header, write, write_header


def segments(header: EcdcHeader, seed: int = 0) -> list[Piece]:
    random = np.random.default_rng(seed)
    return [
        Piece(
            random.integers(0, 1024, (header.streams, header.frames(number))),
            float(np.float32(random.random())) if header.layout.normalised else None,
        )
        for number in range(header.segments)
    ]


def joined(pieces: list[Piece]) -> np.ndarray:
    return np.concatenate([piece.codes for piece in pieces], 1)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["encodec_24khz", "encodec_48khz"]), st.integers(1, 200_000), st.integers(1, 16))
def test_codes_and_scales_come_back(
    tmp_path_factory: pytest.TempPathFactory, model: str, samples: int, streams: int
) -> None:
    header, path = EcdcHeader(model, samples, streams), tmp_path_factory.mktemp("e") / "a.ecdc"
    pieces = segments(header)
    write(path, header, pieces)
    reader = EcdcReader(path)
    found = list(reader.pieces())
    assert reader.header == header
    assert np.array_equal(joined(found), joined(pieces))
    assert {piece.scale for piece in found} == {piece.scale for piece in pieces}
    start = io.BytesIO()
    write_header(start, header)
    assert path.stat().st_size == len(start.getvalue()) + header.size


def test_segments_are_those_of_the_paper() -> None:
    header = EcdcHeader("encodec_48khz", 47_520 * 3 + 100, 4)
    assert [header.frames(number) for number in range(header.segments)] == [150, 150, 149, 1]
    assert EcdcHeader("encodec_24khz", 24_001, 8).frames(0) == 76
    assert EcdcHeader("encodec_24khz", 24_000, 8).size == 75 * 10


def test_a_segment_without_a_scale_may_come_in_any_pieces(tmp_path: Path) -> None:
    header = EcdcHeader("encodec_24khz", 320 * 9001, 3)
    (whole,) = segments(header)
    write(tmp_path / "a.ecdc", header, [whole])
    write(tmp_path / "b.ecdc", header, [Piece(part, None) for part in np.array_split(whole.codes, 77, axis=1)])
    assert (tmp_path / "a.ecdc").read_bytes() == (tmp_path / "b.ecdc").read_bytes()
    pieces = list(EcdcReader(tmp_path / "a.ecdc").pieces())
    assert len(pieces) == 3
    assert np.array_equal(joined(pieces), whole.codes)


def test_what_does_not_fit_is_not_written(tmp_path: Path) -> None:
    mono, stereo = EcdcHeader("encodec_24khz", 3200, 2), EcdcHeader("encodec_48khz", 60_000, 2)
    codes = np.zeros((2, 10), int)
    for header, pieces, message in (
        (mono, [Piece(codes[:, :9], None)], "9 frames"),
        (mono, [Piece(codes[:1], None)], r"\[2, f\]"),
        (mono, [Piece(codes + 1024, None)], "1024"),
        (stereo, segments(stereo)[:1], "1 segments"),
        (stereo, [*segments(stereo), segments(stereo)[0]], "segment 3"),
        (stereo, [Piece(codes, None)], "scale None"),
    ):
        with pytest.raises(ValueError, match=message):
            write(tmp_path / "a.ecdc", header, pieces)
    for wrong, message in (
        (("encodec_32khz", 1, 1), "encodec_32khz"),
        (("encodec_24khz", 0, 1), "length"),
        (("encodec_24khz", 1, 33), "33"),
        (("encodec_48khz", 1, 17), "17"),
    ):
        with pytest.raises(ValueError, match=message):
            EcdcHeader(*wrong)
    assert list(tmp_path.iterdir()) == []


def refused(path: Path, data: bytes) -> str:
    """The error that all of a file of these bytes meets, or nothing."""
    path.write_bytes(data)
    tracemalloc.start()
    try:
        for _ in EcdcReader(path).pieces():
            pass
        return ""
    except ValueError as error:
        assert str(path) in str(error)
        assert "\n" not in str(error)
        return str(error)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2e6


def test_truncated_and_foreign_files_are_refused(tmp_path: Path) -> None:
    path, header = tmp_path / "a.ecdc", EcdcHeader("encodec_48khz", 60_000, 2)
    write(path, header, segments(header))
    whole = path.read_bytes()
    for length in range(len(whole)):
        assert refused(path, whole[:length])
    assert "bytes" in refused(path, whole + b"x")
    assert "version 1" in refused(path, whole[:4] + b"\1" + whole[5:])
    assert "not an .ecdc file" in refused(path, b"RIFF" + whole[4:])
    assert "scale" in refused(path, whole.replace(whole[-(header.size) :][:4], struct.pack("!f", float("nan")), 1))
    assert "language model" in refused(
        path, whole.replace(b"false", b"true", 1)[:5] + whole[5:].replace(b"false", b"true ")
    )


fields = st.fixed_dictionaries(
    {},
    optional={
        "m": st.one_of(st.sampled_from(["encodec_24khz", "encodec_48khz"]), st.text(max_size=3), st.none()),
        "al": st.one_of(st.integers(-2, 10_000), st.integers(-(2**70), 2**70), st.floats()),
        "nc": st.one_of(st.integers(-1, 40), st.booleans()),
        "lm": st.one_of(st.booleans(), st.integers(0, 1)),
    },
)


@settings(max_examples=300, deadline=None)
@given(fields, st.binary(max_size=100), st.one_of(st.none(), st.integers(0, 2**32 - 1)))
def test_hostile_headers_cost_a_value_error_and_no_memory(
    tmp_path_factory: pytest.TempPathFactory, found: dict[str, object], body: bytes, length: int | None
) -> None:
    text = json.dumps(found).encode()
    start = struct.pack("!4sBI", b"ECDC", 0, len(text) if length is None else length)
    refused(tmp_path_factory.mktemp("e") / "a.ecdc", start + text + body)


@given(st.binary(max_size=200))
def test_random_bytes_are_no_header(data: bytes) -> None:
    with pytest.raises(ValueError):
        read_header(io.BytesIO(b"ECDC\0" + data))
