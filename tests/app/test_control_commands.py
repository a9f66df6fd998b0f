"""Controls at the command line: a Music ControlNet is trained and follows files and words; wrong ones are refused."""

from __future__ import annotations

import dataclasses
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
def controlled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of the tiny model at random weights."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("model") / "controlled"
    checkpoint.save(registry.presets()["music-controlnet-tiny"].build(), folder)
    return folder


@pytest.fixture
def tune(tmp_path: Path) -> Path:
    time = torch.arange(32_000) / 16_000
    files.write(tmp_path / "tune.wav", (0.5 * torch.sin(2 * math.pi * 440 * time))[None], 16_000)
    return tmp_path / "tune.wav"


def test_words_files_and_sounds_are_followed_and_their_errors_told(run: Run, controlled: Path, tune: Path) -> None:
    (tune.parent / "level.json").write_text(json.dumps({"points": [[0, -40], [1, -10]]}), encoding="utf-8")
    words = ("generate", "harp", "--seconds", 1, "--model", controlled, "--steps", 3, "-o", "a.wav", "--overwrite")
    curves = ("--melody", tune, "--dynamics", "level.json", "--rhythm", "120.0 bpm")
    code, out, err = run(*words, *curves, "--compare", "--json")
    assert (code, err) == (0, "")
    line = json.loads(out)
    assert line["request"]["melody"]["seconds"] == 2.0 and line["request"]["rhythm"]["curve"] == "rhythm"
    for figures in ("control_error", "control_error_uncontrolled"):
        assert set(line["measured"][figures]) == {"melody", "dynamics", "rhythm"}
    code, out, _ = run(*words, *curves, "--compare")
    assert code == 0 and "melody" in out and "dB off (uncontrolled" in out


def test_a_file_of_prompts_may_name_curves(run: Run, controlled: Path, tune: Path) -> None:
    lines = [{"prompt": "harp", "rhythm": "90 bpm", "seconds": 0.5}, {"prompt": "lute", "rhythm": "soon"}]
    (tune.parent / "all.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    code, out, err = run("generate", "--prompts", "all.jsonl", "--out", "made", "--model", controlled, "--dry-run")
    assert code == 2 and json.loads(out)["request"]["rhythm"]["seconds"] == 0.5
    assert "line 2: rhythm cannot be 'soon'" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--melody", "none.wav"), "no file none.wav"),
        (("--melody", "none.json"), "no file none.json"),
        (("--melody", "silent.wav"), "melody is a recording that is silent in the 1 s of the piece"),
        (("--rhythm", "fast"), "it takes a sound, or '120 bpm'"),
        (("--dynamics", "0:-40 8:-20"), "8 s lies outside of the piece"),
        (("--dynamics", "long.json"), "a piece of 1 s needs 10"),
        (("--dynamics", "nan.json"), "not numbers"),
        (("--dynamics", "empty.json"), "it has: nothing"),
        (("--dynamics", "deep.json"), "nested too deeply"),
        (("--dynamics", "still.json"), "frame_rate must be above 0, not 0"),
        (("--compare",), "--compare needs a curve"),
        (("--rhythm", "100 bpm", "--top-k", 3), "does not use top_k"),
    ],
)
def test_a_wrong_control_is_said_in_one_line(
    run: Run, controlled: Path, tune: Path, words: tuple[object, ...], said: str
) -> None:
    (tune.parent / "long.json").write_text(json.dumps({"values": [-20.0] * 25, "frame_rate": 10}), encoding="utf-8")
    (tune.parent / "nan.json").write_text('{"values": [NaN, -20], "frame_rate": 2}', encoding="utf-8")
    (tune.parent / "empty.json").write_text("{}", encoding="utf-8")
    (tune.parent / "deep.json").write_text("[" * 100_000, encoding="utf-8")
    (tune.parent / "still.json").write_text('{"values": [-20], "frame_rate": 0}', encoding="utf-8")
    files.write(tune.parent / "silent.wav", torch.zeros(1, 16_000), 16_000)
    code, _, err = run("generate", "harp", "--seconds", 1, "--model", controlled, "-o", "a.wav", *words)
    assert code == 2 and said in err and len(err.strip().splitlines()) == 1


def test_a_model_without_a_control_names_those_that_have_it(run: Run, tune: Path) -> None:
    code, _, err = run("generate", "harp", "--model", "loom", "--seconds", 1, "--rhythm", "120 bpm", "-o", "a.wav")
    assert code == 2 and "loom does not use rhythm" in err and "music-controlnet" in err


def test_a_dry_run_asks_the_model_too(run: Run, controlled: Path) -> None:
    words = ("generate", "harp", "--seconds", 1, "-o", "a.wav", "--dry-run", "--model")
    assert run(*words, controlled, "--rhythm", "120 bpm")[0] == 0
    assert "loom does not use rhythm" in run(*words, "loom", "--rhythm", "120 bpm")[2]
    code, out, err = run(*words, "nowhere")
    assert (code, out) == (2, "") and "no model 'nowhere'" in err


def test_a_controlnet_is_trained_beside_a_base_on_a_folder_of_music(run: Run, tmp_path: Path) -> None:
    torch.manual_seed(0)
    flow = dataclasses.replace(registry.presets()["flow-tiny"], curves=None)  # type: ignore[call-arg]
    checkpoint.save(flow.build(), tmp_path / "base")
    (tmp_path / "data").mkdir()
    for number in range(3):
        time = torch.arange(24_000) / 16_000
        wave = 0.4 * torch.sin(2 * math.pi * 220 * 2 ** (number / 3) * time) * (1 + torch.sin(6 * time)) / 2
        files.write(tmp_path / "data" / f"{number}.wav", wave[None], 16_000)
    steps = ("--set", "recipe.steps=4", "--set", "recipe.batch_size=2")
    words = ("train", "music_controlnet", "--preset", "tiny", "--data", "data", *steps, "--device", "cpu")
    code, out, err = run(*words, "--out", "new")
    assert code == 0 and "trained for 4 steps" in out, err
    assert "base: new, it learns with the rest, for no trained one is given; --part base=MODEL" in err
    code, out, err = run(*words, "--out", "made", "--part", "base=base")
    assert code == 0 and "trained for 4 steps" in out, err
    own = registry.load(str(tmp_path / "made/checkpoint"))
    base = registry.load(str(tmp_path / "base"))
    for name, weight in base.state_dict().items():
        assert torch.equal(own.base.state_dict()[name], weight), name
    assert bool(own.control.out[0].weight.any())
