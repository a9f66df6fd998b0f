"""Caches know what they were made from, and stale ones are refused."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from songloom.data.manifest import Clip
from songloom.data.shards import ShardWriter
from songloom.data.sources import NAME, check
from songloom.data.waves import cache_waves

CLIPS = [Clip(name, f"{name}.wav", 0.01, 8000, 1) for name in ("a", "b")]
SETTINGS = {"codec": "one", "rate": 50.0}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for clip in CLIPS:
        soundfile.write(tmp_path / clip.audio, np.zeros(80), 8000)
    return tmp_path


def edit(path: Path) -> None:
    """Other samples of the same size, a second later."""
    before = path.stat()
    soundfile.write(path, np.full(80, 0.5), 8000)
    assert path.stat().st_size == before.st_size
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 10**9))


def test_a_cache_of_the_same_files_and_settings_is_taken(folder: Path) -> None:
    check(folder / "cache", folder, CLIPS, SETTINGS)
    assert (folder / "cache" / NAME).is_file()
    check(folder / "cache", folder, CLIPS, SETTINGS)


def test_a_cache_of_a_file_that_changed_is_stale(folder: Path) -> None:
    check(folder / "cache", folder, CLIPS, SETTINGS)
    edit(folder / "b.wav")
    with pytest.raises(ValueError, match=r"is stale: b\.wav changed since; remove it"):
        check(folder / "cache", folder, CLIPS, SETTINGS)


def test_a_cache_of_another_codec_is_stale_finished_or_not(folder: Path) -> None:
    check(folder / "cache", folder, CLIPS, SETTINGS)
    with pytest.raises(ValueError, match="is stale: it was made with codec 'one' instead of 'two'"):
        check(folder / "cache", folder, CLIPS, SETTINGS | {"codec": "two"})
    with ShardWriter(folder / "older", "int16", SETTINGS) as writer:
        writer.add("a", np.zeros(3))
    check(folder / "older", folder, CLIPS, SETTINGS)
    with pytest.raises(ValueError, match="rate 50.0 instead of 25.0"):
        check(folder / "older", folder, CLIPS, SETTINGS | {"rate": 25.0})


def test_waves_that_were_decoded_before_their_file_changed_are_not_trained_on(folder: Path) -> None:
    cache_waves(folder, CLIPS, sample_rate=8000, channels=1)
    edit(folder / "a.wav")
    with pytest.raises(ValueError, match=r"is stale: a\.wav changed"):
        cache_waves(folder, CLIPS, sample_rate=8000, channels=1)
