"""MusicGen at the command line: melodies, continuations, streams, and what a model lacks."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from command_runs import Run

from songloom import checkpoint
from songloom.audio import files
from songloom.systems import registry


@pytest.fixture(scope="module")
def melodic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of the tiny melody model at random weights."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("model") / "melodic"
    checkpoint.save(registry.presets()["musicgen-melody-tiny"].build(), folder)
    return folder


@pytest.fixture
def tune(tmp_path: Path) -> Path:
    """A sound file of a tone."""
    time = torch.arange(3200) / 8000
    files.write(tmp_path / "tune.wav", 0.5 * torch.sin(2 * math.pi * 440 * time)[None], 8000)
    return tmp_path / "tune.wav"


def test_a_melody_is_followed_and_its_hash_is_in_the_recipe(
    run: Run, melodic: Path, tune: Path, tmp_path: Path
) -> None:
    words = ("generate", "harp", "--seconds", 0.5, "--model", melodic, "--json", "--temperature", 0)
    code, out, err = run(*words, "-o", "a.wav", "--melody", "tune.wav", "--guidance", 9)
    assert (code, err) == (0, "")
    assert len(json.loads(out)["request"]["melody"]["sha256"]) == 64
    assert run(*words, "-o", "b.wav", "--guidance", 9)[0] == 0
    assert not torch.equal(files.read(tmp_path / "a.wav")[0], files.read(tmp_path / "b.wav")[0])


def test_a_sound_file_is_continued(run: Run, melodic: Path, tune: Path, tmp_path: Path) -> None:
    code, _, err = run("generate", "harp", "--seconds", 0.6, "--model", melodic, "-o", "a.wav", "--continue", tune)
    assert (code, err) == (0, "")
    assert files.read(tmp_path / "a.wav")[0].shape == (1, 4800)
    code, _, err = run("generate", "harp", "--seconds", 0.4, "--model", melodic, "-o", "b.wav", "--continue", tune)
    assert code == 2 and "continuation is 0.4 s long" in err


def test_a_stream_is_written_as_it_is_made(run: Run, melodic: Path, tmp_path: Path) -> None:
    assert run("generate", "harp", "--seconds", 0.5, "--model", melodic, "-o", "a.wav", "--stream")[0] == 0
    assert files.read(tmp_path / "a.wav")[0].shape == (1, 4000)


def test_a_prompt_file_may_name_melodies(run: Run, melodic: Path, tune: Path, tmp_path: Path) -> None:
    lines = [{"prompt": "harp", "seconds": 0.3, "melody": "tune.wav"}, {"prompt": "harp", "melody": "none.wav"}]
    (tmp_path / "p.jsonl").write_text("\n".join(map(json.dumps, lines)))
    code, _, err = run("generate", "--prompts", "p.jsonl", "--out", "made", "--model", melodic)
    assert code == 2 and "line 2: there is no file none.wav" in err
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["0001-harp.wav"]


def test_a_dry_run_shows_a_melody_by_its_hash(run: Run, tune: Path) -> None:
    code, out, _ = run("generate", "harp", "--melody", "tune.wav", "--dry-run")
    assert code == 0 and json.loads(out)["request"]["melody"]["seconds"] == 0.4


def test_a_control_that_a_model_lacks_is_refused_with_those_that_have_it(
    run: Run, model: Path, melodic: Path, tune: Path
) -> None:
    code, _, err = run("generate", "harp", "--model", model, "--melody", "tune.wav")
    assert code == 2 and "loom does not use melody" in err and "musicgen-melody" in err.split("with melody: ")[1]
    code, _, err = run("generate", "harp", "--model", melodic, "--bpm", 90)
    assert code == 2 and "musicgen-melody does not use tempo" in err and "loom" in err.split("with tempo: ")[1]


def test_a_large_preset_is_shown_without_its_memory(run: Run) -> None:
    code, out, _ = run("show", "musicgen-large", "--json")
    facts = json.loads(out)
    assert code == 0 and facts["parameters"] > 3_256_956_928
    assert "continuation" in facts["controls"]


@pytest.mark.parametrize("precision", ["bfloat16", "int8"])
def test_the_precision_of_the_weights_is_an_option_and_stands_in_the_recipe(
    run: Run, melodic: Path, tmp_path: Path, precision: str
) -> None:
    words = ("generate", "harp", "--seconds", 0.4, "--model", melodic, "--json", "-o", "a.wav")
    code, out, err = run(*words, "--precision", precision)
    assert (code, err) == (0, "") and json.loads(out)["precision"] == precision
    assert files.read(tmp_path / "a.wav")[0].shape == (1, 3200)
    code, out, _ = run("replay", "a.wav")
    assert code == 0 and "the same samples" in out
    assert run(*words[:-2], "-o", "b.wav", "--precision", "int4")[0] != 0


def test_a_prompt_that_is_longer_than_what_is_read_is_said_to_be_in_a_line(run: Run, melodic: Path) -> None:
    words = ("generate", "--seconds", 0.4, "--model", melodic, "--temperature", 0, "--guidance", 2, "--json")
    long = "calm " * 20
    code, out, err = run(*words, long, "--negative", "drums " * 15, "-o", "long.wav")
    assert code == 0
    assert err.strip().splitlines() == [
        "prompt: of 22 tokens musicgen-melody reads the first 16",
        "negative prompt: of 17 tokens musicgen-melody reads the first 16",
    ]
    assert json.loads(out)["request"]["prompt"] == long
    cut = run(*words, "calm " * 14, "--negative", "drums " * 14, "-o", "cut.wav")
    assert cut[0] == 0 and cut[2] == ""
    assert Path("long.wav").read_bytes() != b"" and torch.equal(files.read("long.wav")[0], files.read("cut.wav")[0])
