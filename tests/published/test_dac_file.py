"""`.dac` files: what numpy.save writes is read, and what would run code does not run."""

from __future__ import annotations

import io
import os
import pickle
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songloom.published import dac_file

HEADER_BYTES = 128


def contents(**changes: Any) -> dict[str, Any]:
    """The dictionary as the package's DACFile.save makes it."""
    codes = np.random.default_rng(0).integers(0, 1024, (2, 9, 30)).astype(np.uint16)
    metadata = {
        "input_db": np.array([-23.5], np.float32),
        "original_length": 15_000,
        "sample_rate": 44_100,
        "chunk_length": 10,
        "channels": 2,
        "padding": False,
        "dac_version": "1.0.0",
    }
    return {"codes": changes.pop("codes", codes), "metadata": metadata | changes}


def saved(found: Any, protocol: int | None = None) -> bytes:
    """The bytes of numpy.save, or the same with a pickle of another protocol."""
    file = io.BytesIO()
    np.save(file, found, allow_pickle=True)
    data = file.getvalue()
    return data if protocol is None else data[:HEADER_BYTES] + pickle.dumps(np.asanyarray(found), protocol)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.dac"


def test_what_the_package_saves_is_read(path: Path) -> None:
    path.write_bytes(saved(contents()))
    found = dac_file.read(path)
    assert np.array_equal(found.codes, contents()["codes"])
    assert found.codes.dtype == np.int64
    assert (found.samples, found.sample_rate, found.chunk_length) == (15_000, 44_100, 10)
    assert (found.loudness, found.padding) == (-23.5, False)


@pytest.mark.parametrize("protocol", [3, 4])
@pytest.mark.parametrize("core", [b"numpy._core.multiarray", b"numpy.core.multiarray"])
def test_pickles_of_older_numpys_are_read(path: Path, protocol: int, core: bytes) -> None:
    data = saved(contents(), protocol)
    if core not in data:
        length = len(b"numpy._core.multiarray")  # before a short text stands its length
        data = data.replace(bytes([length]) + b"numpy._core.multiarray", bytes([length - 1]) + core)
        data = data.replace(b"cnumpy._core.multiarray\n", b"c" + core + b"\n")
        if protocol == 4:  # its frame, which begins after the version, has another length now
            data = data[: HEADER_BYTES + 2] + data[HEADER_BYTES + 11 :]
    assert core in data
    path.write_bytes(data)
    assert np.array_equal(dac_file.read(path).codes, contents()["codes"])


def test_columns_before_rows_and_one_chunk_are_read(path: Path) -> None:
    codes = np.asfortranarray(contents()["codes"])
    path.write_bytes(saved(contents(codes=codes, padding=True, input_db=np.array(-10, np.float32))))
    assert np.array_equal(dac_file.read(path).codes, codes)


class Bomb:
    """Pickles as a call, which runs when it is loaded as pickles are."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("place", ["codes", "input_db", "whole"])
def test_a_pickle_that_would_run_code_does_not_run_it(path: Path, protocol: int, place: str) -> None:
    victim = path.parent / "ran"
    bomb = Bomb(os.mkdir, str(victim))
    bent: Any = bomb if place == "whole" else contents(**{place: bomb})
    data = saved(contents())[:HEADER_BYTES] + pickle.dumps(np.array(bent, dtype=object), protocol)
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"a\.dac is not a \.dac file: its pickle has|wants to use"):
        dac_file.read(path)
    assert not victim.exists()
    np.load(path, allow_pickle=True)
    assert victim.exists()  # so it was a bomb


@pytest.mark.parametrize("name", ["builtins.eval", "numpy.load", "numpy.core.multiarray.scalar", "os.system", "a.b.c"])
def test_every_other_name_is_refused(path: Path, name: str) -> None:
    module, _, function = name.rpartition(".")
    path.write_bytes(saved(contents())[:HEADER_BYTES] + f"c{module}\n{function}\n(tR.".encode())
    with pytest.raises(ValueError, match=f"wants to use {name}"):
        dac_file.read(path)


def test_wrong_contents_are_named(path: Path) -> None:
    for bent, message in (
        (contents(dac_version="0.9"), "version"),
        (contents(channels=1), "codes are"),
        (contents(channels=0), "channels"),
        (contents(sample_rate="44100"), "sample_rate"),
        (contents(sample_rate=True), "sample_rate"),
        (contents(padding=1), "padding"),
        (contents(input_db=np.array([np.nan], np.float32)), "loudness"),
        (contents(codes=np.zeros((2, 9, 3), np.float64)), "another kind"),
        (contents(codes=np.zeros((2, 9, 3), ">u2")), "byte order"),
        (contents(codes=[1, 2]), "an array of u2 is missing"),
        ({"codes": 1}, "an array of u2 is missing"),
        ([1, 2], "numpy file of one object"),
        (np.zeros(3), "numpy file of one object"),
    ):
        path.write_bytes(saved(bent))
        with pytest.raises(ValueError, match=message):
            dac_file.read(path)


def refused(path: Path, data: bytes) -> bool:
    """Whether a file of these bytes is refused, in one line and without much memory."""
    path.write_bytes(data)
    tracemalloc.start()
    try:
        dac_file.read(path)
        return False
    except ValueError as error:
        assert "\n" not in str(error)
        return True
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 5e5 + 200 * len(data)


WHOLE = saved(contents(codes=np.zeros((2, 2, 3), np.uint16)))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_flipped_bits_and_truncations_cost_a_value_error_at_most(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("d") / "a.dac"
    place = data.draw(st.integers(0, len(WHOLE) * 8 - 1))
    bent = bytearray(WHOLE)
    bent[place // 8] ^= 1 << place % 8
    refused(path, bytes(bent))
    assert refused(path, WHOLE[: place // 8])


OPERATIONS = [
    *(bytes([code]) for code in b"(}])tusaeRbN02" + b"\x85\x86\x87\x88\x93\x94"),
    *(b"h\x00", b"q\x00", b"K\x01", b"\x8c\x01a", b"C\x01b", b"\x8a\xff", b"\x8e" + b"\xff" * 8),
    *(b"cnumpy\nndarray\n", b"cnumpy\ndtype\n", b"cnumpy.core.multiarray\n_reconstruct\n"),
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(OPERATIONS), st.binary(max_size=3)), max_size=40))
def test_random_programs_cost_a_value_error(tmp_path_factory: pytest.TempPathFactory, program: list[bytes]) -> None:
    path = tmp_path_factory.mktemp("d") / "a.dac"
    assert refused(path, WHOLE[:HEADER_BYTES] + b"".join(program) + b".")
    assert refused(path, b"".join(program))
