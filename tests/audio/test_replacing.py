"""Files take their places whole; what killed writers left is swept, what somebody writes is not."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from songloom.audio import replacing as module
from songloom.audio.replacing import replacing, swept


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def killed_in_the_middle(path: Path) -> None:
    with replacing(path) as file:
        file.write(b"half")
        file.flush()
        os.kill(os.getpid(), signal.SIGKILL)


def after_a_kill(path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=killed_in_the_middle, args=(path,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def test_what_cannot_be_removed_does_not_hide_why_it_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(OSError, match="No space left") as caught, replacing(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == str(tmp_path / "a")


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with pytest.raises(KeyboardInterrupt), replacing(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert names(tmp_path) == []
    with replacing(path) as file:
        file.write(b"whole")
        assert not path.exists()
    assert names(tmp_path) == ["a"] and path.read_bytes() == b"whole"


def test_what_a_killed_writer_left_goes_with_the_next_work_on_its_file(tmp_path: Path) -> None:
    path = tmp_path / ("long " * 30 + ".loom")
    after_a_kill(path)
    assert len(names(tmp_path)) == 1
    with swept([tmp_path / "other.loom", tmp_path / "not there" / "a"]):
        assert len(names(tmp_path)) == 1
    with swept([path]):
        assert names(tmp_path) == []
        after_a_kill(path)
    assert names(tmp_path) == []


@pytest.mark.parametrize("letter", ["a", "木", "🎸"])
def test_a_name_may_be_as_long_as_the_system_takes(tmp_path: Path, letter: str) -> None:
    path = tmp_path / (letter * (251 // len(letter.encode())) + ".wav")
    with swept([path]), replacing(path) as file:
        file.write(b"whole")
    assert names(tmp_path) == [path.name]


def test_what_somebody_writes_stays(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with replacing(path) as file:
        file.write(b"whole")
        with swept([path]):
            pass
    assert path.read_bytes() == b"whole"


def test_files_of_other_names_stay(tmp_path: Path) -> None:
    for name in (".a.part", ".a.0123456x.part", "a.01234567.part", ".ab.01234567.part"):
        (tmp_path / name).touch()
    before = names(tmp_path)
    with swept([tmp_path / "a"]):
        pass
    assert names(tmp_path) == before


def test_a_file_that_was_swept_before_it_was_locked_is_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = module._lock
    swept_once: list[bool] = []

    def late(file: object, *, wait: bool) -> None:
        if wait and not swept_once:
            swept_once.append(True)
            with swept([tmp_path / "a"]):
                pass
        lock(file, wait=wait)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_lock", late)
    with replacing(tmp_path / "a") as file:
        file.write(b"whole")
    assert swept_once and (tmp_path / "a").read_bytes() == b"whole"


def test_without_locks_files_are_written_and_nothing_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(file: object, *, wait: bool) -> None:
        raise OSError("no locks here")

    monkeypatch.setattr(module, "_lock", none)
    after_a_kill(tmp_path / "a")
    with swept([tmp_path / "a"]), replacing(tmp_path / "a") as file:
        file.write(b"whole")
    assert len(names(tmp_path)) == 2 and (tmp_path / "a").read_bytes() == b"whole"
