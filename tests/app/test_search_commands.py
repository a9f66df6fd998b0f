"""`songloom search`: words and sounds find files, and what is wrong is one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_runs import Run

from songloom.app import search as command
from songloom.systems import registry


def found(run: Run, query: object, library: Path, tones: Path, *words: object) -> list[dict[str, Any]]:
    code, out, _ = run("search", query, library, "--model", tones, "--json", *words)
    assert code == 0
    told = json.loads(out)
    assert (told["query"], told["model"]) == (str(query), str(tones))
    hits: list[dict[str, Any]] = told["hits"]
    return hits


def test_words_find_the_file_and_the_second(run: Run, library: Path, tones: Path) -> None:
    first = found(run, "something like 6", library, tones, "--top", 2)
    assert len(first) == 2
    assert (first[0]["path"], first[0]["second"]) == (str(library / "long.flac"), 3.0)
    assert first[0]["similarity"] == pytest.approx(1, abs=1e-3)
    code, out, err = run("search", "tone 2", library, "--model", tones, "-n", 1)
    assert (code, out.split()) == (0, ["1.000", "0:00.0", str(library / "deep/2.wav")])
    assert "skipped" in err and "broken.wav is not audio" in err.replace("\n", " ") and "new" not in err


def test_a_sound_finds_what_is_like_it_but_itself(run: Run, library: Path, tones: Path) -> None:
    hits = found(run, library / "deep/1.wav", library, tones)
    assert hits[0]["path"] == str(library / "long.flac") and len(hits) == 4


def test_what_was_heard_before_can_be_searched_without_a_look(run: Run, library: Path, tones: Path) -> None:
    message = "no file of it was heard"
    assert message in run("search", "2", library, "--model", tones, "--as-is")[2]
    assert "6 new" in run("search", "2", library, "--model", tones)[2]
    (library / "deep/2.wav").unlink()
    assert found(run, "2", library, tones, "--as-is")[0]["path"].endswith("2.wav")
    assert not found(run, "2", library, tones)[0]["path"].endswith("2.wav")


def test_the_index_lies_where_it_is_wanted_or_can(
    run: Run, library: Path, tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(run, "2", library, tones, "--index", tmp_path / "mine")
    assert len(list(tmp_path.glob("mine/search-*/vectors.f16"))) == 1 and not (library / ".songloom").exists()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(command.os, "access", lambda *_: False)
    found(run, "2", library, tones)
    assert len(list(tmp_path.glob("cache/songloom/*/search-*/vectors.f16"))) == 1
    assert not (library / ".songloom").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("", "library"), "the query is empty"),
        (("none.wav", "library"), "no file none.wav; a query is words, or a sound file"),
        (("2", "nowhere"), "nowhere is not a folder"),
        (("2", "library", "--top", 0), "--top is 0"),
        (("2", "void"), "void holds no audio files"),
        (("2", "bad"), "no file of it could be heard"),
    ],
)
def test_wrong_input_is_one_line(run: Run, library: Path, tones: Path, words: tuple[object, ...], said: str) -> None:
    for name in ("void", "bad"):
        (library.parent / name).mkdir()
    (library.parent / "bad" / "a.wav").write_text("none")
    code, out, err = run("search", *words, "--model", tones)
    lines = [line for line in err.strip().splitlines() if not line.startswith(("skipped:", "1 new"))]
    assert (code, out) == (2, "") and len(lines) == 1 and said in lines[0]


def test_without_an_embedder_one_line_tells_so(
    run: Run, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "EMBEDDED", tmp_path)
    code, out, err = run("search", "2", library)
    assert (code, out) == (2, "") and "no embedder is embedded" in err and len(err.strip().splitlines()) == 1
    code, out, err = run("search", "2", library, "--model", "none")
    assert code == 2 and "no model 'none'" in err
