"""`.loom` files: exact, seekable, and safe against damaged, foreign and hostile ones."""

from __future__ import annotations

import dataclasses
import io
import json
import struct
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songloom.data.token_file import ENTRY, TAIL, TokenReader, TokenWriter, writing
from songloom.data.token_header import MAGIC, START, TokenHeader, read_header, write_header

HEADER = TokenHeader(
    codec="some/codec",
    kind="kind",
    sha256="0" * 64,
    sample_rate=32_000,
    channels=1,
    streams=4,
    codebook_size=1024,
    hop_length=1024,
)


def header(**changes: object) -> TokenHeader:
    return dataclasses.replace(HEADER, **changes)  # type: ignore[arg-type]


def made(head: TokenHeader, codes: np.ndarray, samples: int | None = None, step: int = 10**6) -> bytes:
    """A whole file as bytes; codes are given `step` frames at a time."""
    file = io.BytesIO()
    writer = TokenWriter(file, head)
    for begin in range(0, codes.shape[1], step):
        writer.add(codes[:, begin : begin + step])
    writer.finish(codes.shape[1] * head.hop_length if samples is None else samples)
    return file.getvalue()


def drawn(head: TokenHeader, frames: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, head.codebook_size, (head.streams, frames))


def read_all(path: Path) -> np.ndarray:
    with TokenReader(path) as reader:
        empty = np.zeros((reader.header.streams, 0), np.int64)
        return np.concatenate([empty, *reader.pieces()], 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.loom"


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 5), st.integers(0, 400), st.integers(2, 5000), st.integers(1, 90), st.booleans(), st.integers(0, 99)
)
def test_codes_come_back_whatever_pieces_they_were_written_in(
    tmp_path_factory: pytest.TempPathFactory,
    streams: int,
    frames: int,
    size: int,
    step: int,
    entropy: bool,
    seed: int,
) -> None:
    head = header(streams=streams, codebook_size=size, entropy=entropy)
    codes = drawn(head, frames, seed)
    samples = max(0, frames * 1024 - seed)
    data = made(head, codes, samples, step)
    assert data == made(head, codes, samples)
    path = tmp_path_factory.mktemp("t") / "a.loom"
    path.write_bytes(data)
    assert np.array_equal(read_all(path), codes)
    with TokenReader(path) as reader:
        assert (reader.header, reader.samples, reader.frames) == (head, samples, frames)


@pytest.mark.parametrize("entropy", [False, True])
def test_any_range_is_read_from_its_own_chunks(path: Path, entropy: bool) -> None:
    head = header(hop_length=320_000, entropy=entropy)  # ten seconds a frame: each is a chunk, or three
    codes = drawn(head, 20)
    path.write_bytes(made(head, codes))
    with TokenReader(path) as reader:
        assert reader.chunks == (7 if entropy else 20)
        for first in range(21):
            for last in range(first, 21):
                pieces = [np.zeros((4, 0), int), *reader.pieces(first, last)]
                assert np.array_equal(np.concatenate(pieces, 1), codes[:, first:last])
        with pytest.raises(ValueError, match="0 to 20"):
            next(reader.pieces(3, 21))


def test_a_damaged_chunk_hurts_only_its_own_range(path: Path) -> None:
    head = header()
    codes = drawn(head, 1000)
    data = bytearray(made(head, codes))
    with TokenReader(_written(path, bytes(data))) as reader:
        second = int(reader._places[1])
    data[second + 3] ^= 1
    with TokenReader(_written(path, bytes(data))) as reader:
        assert np.array_equal(next(reader.pieces(0, 100)), codes[:, :100])
        assert np.array_equal(next(reader.pieces(500, 600)), codes[:, 500:600])
        with pytest.raises(ValueError, match=r"a\.loom: chunk 1 is damaged"):
            list(reader.pieces())


def test_ten_bit_codes_take_ten_bits(path: Path) -> None:
    with TokenReader(_written(path, made(header(streams=8), np.zeros((8, 100), int)))) as reader:
        assert reader.coded_bytes == 8 * 100 * 10 // 8
    with TokenReader(_written(path, made(header(streams=8, entropy=True), np.zeros((8, 100), int)))) as reader:
        assert reader.coded_bytes < 50


def test_an_interrupted_writer_leaves_what_was_there(path: Path) -> None:
    path.write_bytes(b"older")
    with pytest.raises(KeyboardInterrupt), writing(path, header()) as writer:
        writer.add(drawn(header(), 400))
        raise KeyboardInterrupt
    assert path.read_bytes() == b"older"
    assert list(path.parent.iterdir()) == [path]


def test_what_does_not_fit_the_header_is_not_written() -> None:
    writer = TokenWriter(io.BytesIO(), header(codebook_size=1000))
    for codes, message in (
        (np.zeros((3, 5), int), "4 streams"),
        (np.full((4, 1), 1000), "1000"),
        (-np.ones((4, 1)), "-1"),
    ):
        with pytest.raises(ValueError, match=message):
            writer.add(codes)
    with pytest.raises(ValueError, match="1 samples"):
        writer.finish(1)
    with pytest.raises(ValueError, match="65536"):
        header(codebook_size=2**20, entropy=True)
    for field, value in (("streams", 0), ("streams", True), ("sha256", "no"), ("codec", 3), ("hop_length", 2**30)):
        with pytest.raises(ValueError, match=field):
            header(**{field: value})


def test_writing_and_reading_three_hours_stays_small(path: Path) -> None:
    head = header(streams=9, sample_rate=44_100, hop_length=512, channels=2)
    piece = drawn(head, 862)
    tracemalloc.start()
    with writing(path, head) as writer:
        for _ in range(1080):
            writer.add(piece)
        writer.finish(1080 * 862 * 512)
    with TokenReader(path) as reader:
        total = sum(codes.shape[1] for codes in reader.pieces())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 1080 * 862
    assert path.stat().st_size > 10e6
    assert peak < 4e6


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def refused(path: Path, data: bytes) -> str | None:
    """The error that a file of these bytes meets when all of it is read, or None; it may only be a ValueError of
    one line that names the file, and nothing large is allocated."""
    _written(path, data)
    tracemalloc.start()
    try:
        read_all(path)
        return None
    except ValueError as error:
        assert str(path) in str(error)
        assert "\n" not in str(error)
        return str(error)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2e6 + 100 * len(data)


FILES = [made(header(entropy=entropy), drawn(HEADER, 300) // 50) for entropy in (False, True)]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FILES), st.data())
def test_every_flipped_bit_and_every_truncation_is_refused(
    tmp_path_factory: pytest.TempPathFactory, whole: bytes, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("t") / "a.loom"
    place = data.draw(st.integers(0, len(whole) * 8 - 1))
    bent = bytearray(whole)
    bent[place // 8] ^= 1 << place % 8
    assert refused(path, bytes(bent)) is not None
    assert refused(path, whole[: place // 8]) is not None
    assert refused(path, whole + b"x") is not None


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_are_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("t") / "a.loom"
    for start in (b"", MAGIC, MAGIC + b"\1\0"):
        assert refused(path, start + data) is not None


numbers = st.one_of(st.integers(-3, 3), st.integers(-(2**70), 2**70), st.sampled_from([2**10, 2**14, 2**20, 2**24]))
values = st.one_of(
    numbers, st.none(), st.booleans(), st.floats(), st.text(max_size=5), st.lists(st.integers(), max_size=2)
)


@st.composite
def hostile(draw: st.DrawFn) -> bytes:
    """A file whose every check is right and whose every number may be wrong."""
    fields = dataclasses.asdict(header(entropy=draw(st.booleans())))
    for name in draw(st.lists(st.sampled_from([*fields, "other"]), max_size=2)):
        fields[name] = draw(values)
    if draw(st.integers(0, 9)) == 0:
        del fields[draw(st.sampled_from(sorted(fields)))]
    text = draw(st.one_of(st.just(json.dumps(fields).encode()), st.sampled_from([b"[" * 60_000, b"{}", b"7", b"\xff"])))
    body = draw(st.binary(max_size=80))
    head = START.pack(MAGIC, 1, len(text), zlib.crc32(text)) + text
    sizes = st.one_of(st.integers(0, len(body)), st.just(len(body)), st.integers(0, 2**32 - 1))
    frames = st.one_of(st.integers(0, 40), st.sampled_from([2**14, 2**14 + 1, 2**32 - 1]))
    entries = [(draw(frames), draw(sizes)) for _ in range(draw(st.integers(0, 3)))]
    if draw(st.booleans()) and len(entries) == 1:
        entries = [(entries[0][0], len(body))]
    index, offset = b"", 0
    for count, size in entries:
        index += ENTRY.pack(count, size, zlib.crc32(body[offset : offset + size]))
        offset += size
    chunks = draw(st.one_of(st.just(len(entries)), st.integers(0, 2**32 - 1)))
    place = draw(st.one_of(st.just(len(head) + len(body)), st.integers(0, 2**64 - 1)))
    tail = struct.pack("<QQI", place, draw(st.one_of(st.integers(0, 9999), st.integers(0, 2**64 - 1))), chunks)
    return head + body + index + tail + struct.pack("<I8s", zlib.crc32(index + tail), b"LOOM-END")


@settings(max_examples=200, deadline=None)
@given(hostile())
def test_hostile_numbers_cost_a_value_error_and_no_memory(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    refused(tmp_path_factory.mktemp("t") / "a.loom", data)


def test_foreign_files_are_named_as_such(path: Path) -> None:
    whole = made(header(), drawn(header(), 3))
    assert "not a .loom file" in str(refused(path, b"RIFF....WAVEfmt "))
    assert "not a .loom file" in str(refused(path, b""))
    assert "version 9" in str(refused(path, whole[:8] + b"\x09" + whole[9:]))
    assert "not a .loom file" in str(refused(path, whole.replace(b"\r\n", b"\n", 1)))
    assert "truncated" in str(refused(path, whole[: -TAIL.size]))


def test_a_header_survives_its_way_through_a_file() -> None:
    for head in cases():
        file = io.BytesIO()
        write_header(file, head)
        file.seek(0)
        assert read_header(file) == head


def cases() -> Iterator[TokenHeader]:
    yield header()
    yield header(codec="facebook/encodec_24khz", kind="ünïcode ♫", entropy=True)
    yield header(streams=1024, codebook_size=2**24)
