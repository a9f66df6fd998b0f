"""`songloom tag` and `--rank text`: what an embedder hears, told in lines and in JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_runs import Run

from songloom.audio import files


def test_labels_of_ones_own_are_told_in_json_with_a_timeline(run: Run, library: Path, tones: Path) -> None:
    words = ("tag", library / "long.flac", "--labels", "6", "1", "3", "--model", tones)
    code, out, err = run(*words, "--json", "--timeline", "--top", 2)
    told = json.loads(out)
    assert (code, err) == (0, "") and told["file"] == str(library / "long.flac") and told["seconds"] == 4.0
    assert [one["label"] for one in told["labels"]] == ["1", "6"]
    assert [span["labels"][0]["label"] for span in told["timeline"]] == ["1", "1", "1", "6"]
    assert told["timeline"][3]["start"] == 3.0 and told["timeline"][3]["end"] == 4.0
    (library.parent / "labels.txt").write_text("6\n\n1\n3\n", encoding="utf-8")
    again = run("tag", library / "long.flac", "--labels", "labels.txt", "--model", tones, "--json", "--top", 2)[1]
    assert json.loads(again)["labels"] == told["labels"]
    out = run(*words, "--timeline")[1]
    assert "(0:04.0)" in out and "0:03.0-0:04.0  6 100 %" in out


def test_the_built_in_labels_are_three_sets(run: Run, library: Path, tones: Path) -> None:
    told = json.loads(run("tag", library / "deep/1.wav", "--model", tones, "--json")[1])
    assert [len(told[name]) for name in ("styles", "moods", "instruments")] == [3, 3, 3]


def test_of_a_folder_the_good_files_are_tagged_and_the_bad_named(run: Run, library: Path, tones: Path) -> None:
    code, out, err = run("tag", library, "--model", tones, "--json", "--labels", "1", "2")
    assert code == 2 and len(out.splitlines()) == 5 and "1 of 6 files could not be used" in err
    for words, said in (
        (("none.wav",), "no such file"),
        ((library, "--top", 0), "--top is 0"),
        ((library / "broken.wav",), "not audio"),
        ((library, "--labels", "a", "a"), "twice"),
        ((library, "--labels", "none.txt"), "none.txt"),
    ):
        code, out, err = run("tag", *words, "--model", tones)
        assert code and out == "" and said in err.lower() and len(err.strip().splitlines()) == 1


def test_candidates_are_ranked_by_their_words(run: Run, model: Path, tones: Path, tmp_path: Path) -> None:
    words = ("generate", "tone 0", "--seconds", 0.5, "--model", model, "-o", "a.wav", "--overwrite", "--rank", "text")
    code, out, err = run(*words, "--candidates", 3, "--keep-all", "--json", "--embedder", tones)
    assert (code, err) == (0, "")
    lines = [json.loads(line) for line in out.splitlines()]
    scores = [line["ranked"]["score"] for line in lines]
    assert scores == sorted(scores, reverse=True) and len(set(scores)) == 3
    assert {line["ranked"]["of"] for line in lines} == {3}
    assert json.loads(files.read_metadata(tmp_path / "a.wav") or "")["ranked"]["model"] == str(tones)
    assert "the same samples" in run("replay", "a.wav")[1]
    assert "similarity to the text" in run(*words, "--candidates", 2, "--embedder", tones)[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--rank", "text"), "--rank and --embedder need several --candidates"),
        (("--stream", "--rank", "text"), "--stream does not go with --rank"),
        (("--rank", "controls", "--embedder", "x"), "--rank controls does not go with --embedder"),
        (("--candidates", 2, "--rank", "text", "--embedder", "none"), "no model 'none'"),
    ],
)
def test_a_rank_that_cannot_be_is_one_line(run: Run, model: Path, words: tuple[object, ...], said: str) -> None:
    code, out, err = run("generate", "harp", "--seconds", 0.5, "--model", model, "-o", "a.wav", *words)
    assert (code, out) == (2, "") and said in err and len(err.strip().splitlines()) == 1
