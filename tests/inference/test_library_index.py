"""The index of a library: it finds what brute force finds, listens to what is new alone, and survives what breaks."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from songloom.audio import files
from songloom.inference import library_index
from songloom.inference.embedding import Space, open_space
from songloom.inference.library_index import Changes, Heard, Hit, LibraryIndex

RATE = 4000


@pytest.fixture
def space(tones: Path) -> Space:
    return open_space(str(tones))


@pytest.fixture
def index(space: Space, tmp_path: Path) -> LibraryIndex:
    return LibraryIndex(tmp_path / "index", space.sha256, space.system.width)


def names(hits: list[Hit]) -> list[str]:
    return [hit.path for hit in hits]


def listened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are listened to from now on."""
    heard: list[str] = []
    original = library_index.embed_file

    def counted(embedder: object, path: Path, **rest: object) -> object:
        heard.append(path.name)
        return original(embedder, path, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(library_index, "embed_file", counted)
    return heard


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 40), removed=st.integers(0, 5), again=st.integers(0, 5))
def test_a_search_finds_what_brute_force_finds(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int, removed: int, again: int
) -> None:
    rng, width = np.random.default_rng(seed), 16
    index = LibraryIndex(tmp_path_factory.mktemp("index"), "hash", width)
    known: dict[str, np.ndarray] = {}

    def put(number: int) -> None:
        vectors = rng.standard_normal((int(rng.integers(1, 9)), width))
        vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        known[f"{number}.wav"] = vectors.astype(np.float16).astype(np.float64)
        starts = [float(place) for place in range(len(vectors))]
        index.add([Heard(f"{number}.wav", 1, 1, starts, torch.from_numpy(vectors))])

    for number in range(30):
        put(number)
    gone = [f"{number}.wav" for number in range(removed)]
    index._forget(gone)
    for path in gone:
        known.pop(path)
    for number in range(30 - again, 30 + again):
        put(number)
    wanted = rng.standard_normal(width)
    wanted = (wanted / np.linalg.norm(wanted)).astype(np.float32)
    best = {path: (rows @ wanted).max() for path, rows in known.items()}
    order = sorted(best, key=lambda path: -best[path])[:count]
    hits = index.search(torch.from_numpy(wanted), count)
    assert names(hits) == order
    for hit in hits:
        assert hit.similarity == pytest.approx(best[hit.path], abs=1e-6)
        assert hit.second == float((known[hit.path] @ wanted).argmax())


def test_a_file_with_many_windows_does_not_hide_the_others(tmp_path: Path) -> None:
    index = LibraryIndex(tmp_path / "index", "hash", 2)
    angles = torch.linspace(0, 0.1, 2000)
    index.add([Heard("many.wav", 1, 1, [float(n) for n in range(2000)], torch.stack([angles.cos(), angles.sin()], 1))])
    index.add([Heard(f"{n}.wav", 1, 1, [0.0], torch.tensor([[-1.0, n / 100]])) for n in range(3)])
    hits = index.search(torch.tensor([1.0, 0.0]), 3)
    assert names(hits)[0] == "many.wav" and len(set(names(hits))) == 3


def test_words_and_the_second_where_they_fit_are_found(index: LibraryIndex, space: Space, library: Path) -> None:
    index.update(library, space)
    for band, path, second in ((3, "deep/3.wav", 0.0), (6, "long.flac", 3.0)):
        with torch.inference_mode():
            hit = index.search(space.system.embed_text([f"tone {band}"])[0])[0]
        assert (hit.path, hit.second) == (path, second)
        assert hit.similarity == pytest.approx(1.0, abs=1e-3)
    assert index.size() == (5, 8)


def test_only_new_and_changed_files_are_listened_to_and_removed_ones_leave(
    index: LibraryIndex, space: Space, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = listened(monkeypatch)
    first = index.update(library, space)
    assert (first.added, first.changed, first.removed) == (6, 0, 0) and len(heard) == 6
    assert list(first.unreadable) == ["broken.wav"] and "not audio" in first.unreadable["broken.wav"]
    heard.clear()
    again = index.update(library, space)
    assert heard == [] and again == Changes(unreadable=first.unreadable)
    (library / "deep/3.wav").unlink()
    (library / "deep/1.wav").rename(library / "moved.wav")
    files.write(library / "deep/2.wav", torch.zeros(1, 2 * RATE) + 1e-3, RATE)
    files.write(library / "broken.wav", 0.1 * torch.ones(1, RATE), RATE)
    third = index.update(library, space)
    assert sorted(heard) == ["2.wav", "broken.wav", "moved.wav"]
    assert (third.added, third.changed, third.removed, third.unreadable) == (1, 2, 2, {})
    found = names(index.search(torch.eye(8)[3], 10))
    assert "deep/3.wav" not in found and "deep/1.wav" not in found and "moved.wav" in found
    files.write(library / "new.wav", 0.1 * torch.ones(1, 2 * RATE), RATE)
    index.update(library, space)
    assert index.size() == (6, 11)
    assert index.rows_file.stat().st_size == 11 * 2 * 8  # rows of what left were taken again


def test_an_update_that_is_stopped_goes_on_where_it_was(
    index: LibraryIndex, space: Space, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(done: float) -> None:
        if done > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.update(library, space, progress=stop)
    files_before, _ = index.size()
    assert 0 < files_before < 5
    heard = listened(monkeypatch)
    index.update(library, space)
    assert len(heard) == 6 - files_before - ("broken.wav" not in heard)
    assert index.size() == (5, 8)


def test_a_disk_that_refuses_leaves_the_index_as_it_was(
    index: LibraryIndex, space: Space, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.update(library, space)
    before = index.search(torch.eye(8)[2], 10)
    files.write(library / "deep/2.wav", torch.zeros(1, RATE) + 1e-3, RATE)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            index.update(library, space)
    assert index.search(torch.eye(8)[2], 10) == before
    assert index.update(library, space).changed == 1
    assert index.search(torch.eye(8)[2], 10)[0].similarity < 0.9


def test_what_is_no_index_or_of_another_embedder_is_refused(index: LibraryIndex, space: Space, library: Path) -> None:
    index.update(library, space)
    with pytest.raises(ValueError, match="another embedder"):
        LibraryIndex(index.folder, "0" * 64, 8)
    with pytest.raises(ValueError, match=r"\(3,\); the index has \[8\]"):
        index.search(torch.ones(3))
    os.truncate(index.rows_file, 20)
    with pytest.raises(ValueError, match=r"vectors\.f16 is damaged; delete"):
        index.search(torch.eye(8)[0])
    (index.folder / "index.sqlite").write_bytes(b"nonsense" * 100)
    with pytest.raises(ValueError, match="is damaged"):
        LibraryIndex(index.folder, space.sha256, 8)
    (library.parent / "empty").mkdir()
    with pytest.raises(ValueError, match="holds no audio files"):
        library_index.sounds(library.parent / "empty")


def test_hidden_files_and_names_that_are_no_text_are_left_out(index: LibraryIndex, space: Space, library: Path) -> None:
    (library / ".hidden").mkdir()
    for name in (".a.wav", ".hidden/b.wav"):
        files.write(library / name, torch.ones(1, RATE), RATE)
    (library / "deep/1.wav").rename(os.fsdecode(os.fsencode(library) + b"/\xff.wav"))
    changes = index.update(library, space)
    assert index.size() == (4, 7)
    assert changes.unreadable["'\\udcff.wav'"] == "the name is not UTF-8"
