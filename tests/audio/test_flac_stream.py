"""FLAC in pieces: together a valid file with the same samples, whatever the pieces, which come while samples come."""

from __future__ import annotations

import io
import itertools
import shutil
import subprocess

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from songloom.audio.flac_stream import FlacStream

RATE = 16_000


def music(count: int, channels: int = 1) -> np.ndarray:
    times = np.arange(count)[:, None] / RATE
    tones = np.sin(2 * np.pi * (220 + 110 * np.arange(channels)) * times) * np.sin(times) ** 2
    return (20_000 * tones).astype(np.int16)


def streamed(samples: np.ndarray, sizes: list[int], length: int) -> list[bytes]:
    stream = FlacStream(RATE, samples.shape[1], length)
    places = np.cumsum([0, *sizes, len(samples)])
    pieces = [stream.add(samples[begin:end]) for begin, end in itertools.pairwise(places)]
    return [*pieces, stream.end()]


@given(st.lists(st.integers(0, 6000), max_size=6), st.integers(1, 20_000), st.integers(1, 3))
@settings(max_examples=25, deadline=None)
def test_the_pieces_are_a_file_of_the_same_samples(sizes: list[int], count: int, channels: int) -> None:
    samples = music(count, channels)
    data = b"".join(streamed(samples, sizes, count))
    again, rate = soundfile.read(io.BytesIO(data), dtype="int16", always_2d=True)
    assert rate == RATE and np.array_equal(again, samples)


def test_the_length_stands_in_the_header_from_the_beginning() -> None:
    samples = music(50_000, 2)
    begun = streamed(samples, [9000], 50_000)[0]
    assert begun[:4] == b"fLaC" and int.from_bytes(begun[18:26]) & ((1 << 36) - 1) == 50_000
    assert int.from_bytes(begun[18:26]) >> 44 == RATE


def test_bytes_come_while_samples_come() -> None:
    samples = music(RATE * 4)
    pieces = streamed(samples, [RATE] * 3, len(samples))
    assert all(len(piece) > 100 for piece in pieces[:4])
    begun = io.BytesIO(b"".join(pieces[:2]))  # a player that has no more yet
    with soundfile.SoundFile(begun) as sound:
        heard = sound.read(RATE, dtype="int16", always_2d=True)
    assert np.array_equal(heard, samples[:RATE])


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")
def test_ffmpeg_decodes_it_from_a_pipe() -> None:
    samples = music(30_000, 2)
    data = b"".join(streamed(samples, [7000], len(samples)))
    words = ["ffmpeg", "-v", "error", "-xerror", "-i", "pipe:0", "-f", "s16le", "-"]
    told = subprocess.run(words, input=data, capture_output=True, check=True)
    assert not told.stderr and np.array_equal(np.frombuffer(told.stdout, "<i2").reshape(-1, 2), samples)


def test_what_cannot_be_a_stream_is_refused() -> None:
    with pytest.raises(ValueError, match="flac does not take 20 channels"):
        FlacStream(RATE, 20, 1)
    with pytest.raises(ValueError, match="0 samples"):
        FlacStream(RATE, 1, 0)
