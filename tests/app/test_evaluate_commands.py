"""`songloom evaluate` and `songloom compare` as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from command_runs import Run

from songloom import checkpoint
from songloom.audio.clip import Audio
from songloom.systems import registry

RATE = 16_000


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny embedder with random weights."""
    torch.manual_seed(0)
    _, settings = registry.preset("shuttle-tiny")
    folder = tmp_path_factory.mktemp("embedder") / "tiny-ears"
    checkpoint.save(settings.build(), folder)
    return folder


def music(folder: Path, seed: int, count: int = 4) -> Path:
    """Noises that fade, as files of songloom generate are named."""
    folder.mkdir()
    generator = torch.Generator().manual_seed(seed)
    fade = torch.exp(-4 * (torch.arange(RATE) / RATE))
    for i in range(1, count + 1):
        Audio(0.2 * fade * torch.randn(2, RATE, generator=generator), RATE).save(folder / f"{i:04d}-x.wav")
    return folder


def test_a_folder_is_measured_against_prompts_and_a_reference(run: Run, embedder: Path, tmp_path: Path) -> None:
    music(tmp_path / "made", 0)
    music(tmp_path / "real", 1)
    lines = [{"prompt": "noise, 90 bpm", "dynamics": "0:-20 1:-50", "seconds": 1}, {"prompt": "hiss in A minor"}, {}]
    lines += [{"prompt": "wind without drums", "chords": [[0, 1, "Am"]]}, {"prompt": "gone"}]
    (tmp_path / "p.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    options = ("--reference", "real", "--prompts", "p.jsonl", "--embedding", embedder, "-o", "out")
    code, out, err = run("evaluate", "made", *options, "--jobs", 1, "--cache", "kept", "--players", 1)
    assert code == 0
    assert "p.jsonl line 3: a line is a JSON object" in err
    assert "1 of 4 prompts have no file: line 5" in err
    assert "tiny-ears: 4 embeddings generated are fewer than their 16 dimensions" in err
    assert "Fréchet distance" in out and "out/report.html" in out
    told = json.loads((tmp_path / "out/report.json").read_text(encoding="utf-8"))
    found = {figure["name"]: figure for section in told["sections"] for figure in section["figures"]}
    assert found["dynamics, correlation"]["value"] > 0.9
    assert found["tempo, exact"]["count"] == found["key, exact"]["count"] == 1
    assert found["similarity of text and music"]["count"] == 3
    assert "sha256" in told["networks"][0]["checkpoint"]
    assert (tmp_path / "out/report.html").read_text(encoding="utf-8").count("<audio") == 1
    assert list((tmp_path / "kept").rglob("*.npy"))


def test_systems_are_put_side_by_side(run: Run, embedder: Path, tmp_path: Path) -> None:
    for seed, name in enumerate(("a", "b")):
        music(tmp_path / name, seed, count=2)
    (tmp_path / "p.txt").write_text("noise\nhiss\n", encoding="utf-8")
    options = ("--prompts", "p.txt", "--embedding", embedder, "--jobs", 1, "--cache", "kept", "-o", "out")
    code, _, err = run("compare", "a", "b", *options)
    assert (code, err) == (0, "")
    told = json.loads((tmp_path / "out/report.json").read_text(encoding="utf-8"))
    assert [one["system"] for one in told["systems"]] == ["a", "b"]
    assert {one["figure"] for one in told["differences"]} == {"similarity, tiny-ears"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["evaluate", "nowhere"], "nowhere is no folder"),
        (["evaluate", "empty"], "empty holds no sound files"),
        (["evaluate", "silent"], "all 1 sound files of silent are silent"),
        (["evaluate", "made", "--prompts", "none.jsonl"], "none.jsonl"),
        (["evaluate", "made", "--prompts", "far.txt"], "no prompt has its file in made; the first asks for 0003-"),
        (["evaluate", "made", "--prompts", "bad.csv"], "tables that are known"),
        (["evaluate", "made", "--reference", "empty"], "empty holds no sound files"),
        (["evaluate", "made", "--embedding", "loom-tiny"], "no model 'loom-tiny'"),
        (["evaluate", "made", "--embedding", "spectral-codec"], "spectral-codec is no embedder"),
        (["evaluate", "made", "--embedding", "vggish-fadtk"], "vggish-fadtk needs vggish-10086976.pth (from "),
        (
            ["evaluate", "made", "--embedding", "passt-stable-audio=nowhere"],
            "there is no nowhere; passt-stable-audio needs",
        ),
        (["evaluate", "made", "--jobs", "-1"], "jobs is -1"),
        (["compare", "made"], "two or more folders"),
        (["compare", "made", "made"], "of different names"),
    ],
)
def test_wrong_input_is_one_line(run: Run, tmp_path: Path, words: list[str], message: str) -> None:
    (tmp_path / "empty").mkdir()
    music(tmp_path / "made", 0, count=1)
    (tmp_path / "silent").mkdir()
    Audio(torch.zeros(1, RATE), RATE).save(tmp_path / "silent/a.wav")
    (tmp_path / "far.txt").write_text("\n\nfar\n", encoding="utf-8")
    (tmp_path / "bad.csv").write_text("a,b\n", encoding="utf-8")
    code, _, err = run(*words, "--cache", "kept", "-o", "out")
    assert code in (1, 2)
    said = err.strip().splitlines()[-1]
    assert said.startswith("songloom: ") and message in said
    assert not (tmp_path / "out").exists()


def test_what_generate_makes_of_a_file_of_prompts_is_found_again_and_speaks_for_itself(
    run: Run, model: Path, tmp_path: Path
) -> None:
    lines = [{"prompt": "harp, 90 bpm", "seconds": 1}, {"prompt": "lute in D minor", "seconds": 1, "id": "lute"}]
    (tmp_path / "p.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert run("generate", "--prompts", "p.jsonl", "--out", "made", "--model", model)[0] == 0
    reports = []
    for options in (("--prompts", "p.jsonl"), ()):
        code, _, err = run("evaluate", "made", *options, "--jobs", 1, "--cache", "kept", "--players", 0)
        assert code == 0 and "no prompt" not in err
        reports.append(json.loads((tmp_path / "report/report.json").read_text(encoding="utf-8")))
    asked = [{row["prompt"]: row["asked"] for row in one["rows"]} for one in reports]
    assert asked[0] == asked[1] == {"harp, 90 bpm": {"tempo": "90"}, "lute in D minor": {"key": "D minor"}}
