"""Paths through tars: what lies inside is read where it lies, and no header is believed."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from songloom.audio import files
from songloom.audio.clip import Audio
from songloom.audio.tar_members import Member, Window, members, read_member, state, through_tar


@pytest.fixture
def tar(tmp_path: Path) -> Path:
    """A tar by Python's own writer, with a sound, a text and a link."""
    wave = io.BytesIO()
    soundfile.write(wave, np.arange(-500, 500, dtype=np.int16), 8000, format="FLAC")
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as file:
        for name, data in (("song.flac", wave.getvalue()), ("deep/er/text.json", b'{"a": 1}')):
            told = tarfile.TarInfo(name)
            told.size, told.mtime = len(data), 12.5  # a fraction of a second makes an extended header
            file.addfile(told, io.BytesIO(data))
        link = tarfile.TarInfo("link.flac")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(link)
    return path


def test_members_lie_where_tarfile_says(tar: Path) -> None:
    with tarfile.open(tar) as file:
        expected = {one.name: Member(one.offset_data, one.size) for one in file if one.isreg()}
    assert members(tar) == expected
    assert read_member(tar, "deep/er/text.json") == b'{"a": 1}'


def test_sound_inside_a_tar_is_read_as_any_other(tar: Path, tmp_path: Path) -> None:
    with tarfile.open(tar) as file:
        file.extract("song.flac", tmp_path, filter="data")
    wave, rate = files.read(tmp_path / "song.flac")
    inside, same = files.read(tar / "song.flac")
    assert same == rate and torch.equal(inside, wave)
    part, _ = files.read(tar / "song.flac", start=0.05, seconds=0.025)
    assert torch.equal(part, wave[:, 400:600])
    assert files.info(tar / "song.flac").frames == 1000
    assert Audio.load(tar / "song.flac").seconds == 0.125
    assert state(tar / "song.flac") == ((tmp_path / "song.flac").stat().st_size, tar.stat().st_mtime_ns)


def test_what_is_not_there_is_said(tar: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"holds no other\.flac"):
        files.read(tar / "other.flac")
    with pytest.raises(FileNotFoundError, match="holds no link"):
        files.read(tar / "link.flac")
    assert through_tar(tmp_path / "folder" / "x.flac") is None


@pytest.mark.parametrize("place", [124, 148, 0])
def test_a_damaged_header_is_refused(tar: Path, place: int) -> None:
    data = bytearray(tar.read_bytes())
    start = members(tar)["song.flac"].offset - 512 + place
    data[start : start + 4] = b"7777"
    tar.write_bytes(data)
    with pytest.raises(ValueError, match="damaged"):
        members(tar)


def test_a_size_beyond_the_end_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    told = tarfile.TarInfo("huge.flac")
    told.size = 2**33 - 1
    (tmp_path / "b.tar").write_bytes(told.tobuf(tarfile.USTAR_FORMAT) + b"\0" * 1024)
    with pytest.raises(ValueError, match="damaged"):
        members(tmp_path / "b.tar")
    (tmp_path / "c.tar").write_bytes(b"no tar " * 100)
    with pytest.raises(ValueError, match="c.tar"):
        members(tmp_path / "c.tar")


def test_a_window_seeks_and_reads_as_the_bytes_alone_would(tar: Path) -> None:
    data = read_member(tar, "song.flac")
    twin = io.BytesIO(data)
    with Window(tar, members(tar)["song.flac"]) as window:
        for offset, whence in ((10, os.SEEK_SET), (5, os.SEEK_CUR), (-7, os.SEEK_END), (100, os.SEEK_END)):
            assert window.seek(offset, whence) == twin.seek(offset, whence)
            assert window.read(20) == twin.read(20)
