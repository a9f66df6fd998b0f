"""Fine-tuning from a folder to examples before and after: review, resume after a kill, every family of generators."""

from __future__ import annotations

import json
import math
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from command_runs import Run

from songloom import checkpoint
from songloom.audio import files
from songloom.config import override
from songloom.inference import song
from songloom.systems import registry
from songloom.systems.request import Request

FAMILIES: tuple[tuple[str, dict[str, str]], ...] = (
    *((name, {}) for name in ("loom-tiny", "musicgen-tiny", "stable-audio-tiny", "flow-tiny")),
    ("flow-tiny", {"straight": "2"}),
)
FAST = ("--set", "recipe.batch_size=2", "--sample-steps", 0, "--valid-steps", 0, "--device", "cpu", "--rank", 4)
KILLED = """
import json, os, signal
from pathlib import Path
from songloom.app import cli
from songloom.training.trainer import Trainer
STEP = Trainer._step
def step_or_die(trainer, step, parts):
    saved = json.loads(Path("broken/checkpoint/training/state.json").read_text())["step"]
    STEP(trainer, step, parts)
    if saved:
        os.kill(os.getpid(), signal.SIGKILL)
Trainer._step = step_or_die
cli.main()
"""
"""Is killed once it has saved, and has gone on."""


def write_tones(folder: Path, count: int, *, told: bool) -> Path:
    folder.mkdir()
    time = torch.arange(2 * 16_000) / 16_000
    for number in range(count):
        wave = 0.4 * torch.sin(2 * math.pi * 110 * (number + 2) * time) * torch.exp(-6 * (time % 0.5))
        files.write(folder / f"{number}.wav", wave[None], 16_000)
        if told:
            (folder / f"{number}.txt").write_text(f"pulses of {110 * (number + 2)} hertz")
    return folder


@pytest.mark.parametrize(("preset", "changes"), FAMILIES)
def test_every_family_learns_a_folder_and_is_heard_before_and_after(
    preset: str, changes: dict[str, str], run: Run, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    checkpoint.save(override(registry.presets()[preset], changes).build(), tmp_path / "base")
    write_tones(tmp_path / "mine", 5, told=True)
    learn = ("finetune", "base", "--data", "mine", *FAST, "--set", "recipe.steps=40", "--set", "recipe.warmup=2")
    code, out, err = run(*learn, "--examples", 1)
    assert code == 0, err
    found = json.loads((tmp_path / "runs/mine/examples/examples.json").read_text())
    assert (found["loss_on"], found["pieces"]) == ("held out", 1)
    assert found["after"]["loss"] < found["before"]["loss"]
    assert f"loss on held out pieces: {found['before']['loss']:.4g} before" in out
    for side, learned in (("before", ()), ("after", (str(tmp_path / "runs/mine"),))):
        model = song.open_model(str(tmp_path / "base"), learned)
        first = found[side]["examples"][0]
        assert -1 <= first["similarity"] <= 1 and {"tempo", "key", "loudness"} <= first["measured"].keys()
        heard, rate = files.read(tmp_path / "runs/mine/examples" / first["file"])
        assert rate == model.system.sample_rate and heard.shape[1] == round(10.0 * rate)
        recipe = json.loads(files.read_metadata(tmp_path / "runs/mine/examples" / first["file"]) or "")
        again = song.make(model, Request(prompt=first["prompt"], seed=0))[0].wave
        assert recipe["request"]["seed"] == 0 and ("loras" in recipe) == (side == "after")
        torch.testing.assert_close(heard, again, rtol=0, atol=2 / 2**15)
    assert [one["prompt"] for one in found["before"]["examples"]] == [e["prompt"] for e in found["after"]["examples"]]
    page = (tmp_path / "runs/mine/examples/index.html").read_text()
    assert page.count("<audio") == 2 and "before and after" in page


def test_the_first_run_stops_at_estimated_captions_and_the_second_goes_on(
    run: Run, model: Path, tmp_path: Path
) -> None:
    write_tones(tmp_path / "mine", 2, told=False)
    learn = ("finetune", model, "--data", "mine", *FAST, "--set", "recipe.steps=2", "--examples", 0)
    code, out, err = run(*learn)
    assert code == 0 and out.startswith("runs/mine/music/captions.html: the captions; edit captions.csv"), err
    assert not (tmp_path / "runs/mine/checkpoint").exists()
    assert (tmp_path / "runs/mine/music/captions.html").is_file()
    assert run(*learn, "--review")[1] == out
    code, out, err = run(*learn)
    assert code == 0 and "trained for 2 steps" in out, err
    assert "trained for 2 steps" in run(*learn, "--out", "other", "--yes")[1]


def test_the_same_command_goes_on_after_it_was_killed(run: Run, model: Path, tmp_path: Path) -> None:
    write_tones(tmp_path / "mine", 3, told=True)
    words = ("finetune", model, "--data", "mine", *FAST, "--examples", 1, "--set", "recipe.steps=60", "--threads", 1)
    assert "trained for 60 steps" in run(*words, "--out", "whole")[1]
    command = (sys.executable, "-c", KILLED, *words, "--out", "broken", "--save-minutes", 0.0005)
    killed = subprocess.run([*map(str, command)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    state = json.loads((tmp_path / "broken/checkpoint/training/state.json").read_text())
    assert 0 < state["step"] < 60
    code, out, err = run(*words, "--out", "broken")
    assert code == 0 and "trained for 60 steps" in out and "before and after" in out, err
    kept = [(tmp_path / name / "checkpoint/lora.safetensors").read_bytes() for name in ("whole", "broken")]
    assert kept[0] == kept[1]
    told = [json.loads((tmp_path / name / "examples/examples.json").read_text()) for name in ("whole", "broken")]
    assert told[0]["after"] == told[1]["after"]


def test_a_disk_that_is_full_is_said_in_one_line_and_the_same_command_goes_on(
    run: Run, model: Path, tmp_path: Path
) -> None:
    write_tones(tmp_path / "mine", 2, told=True)
    words = ("finetune", model, "--data", "mine", *FAST, "--examples", 0, "--set", "recipe.steps=2")
    most, told = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, most[1]))
        code, _, err = run(*words)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
        signal.signal(signal.SIGXFSZ, told)
    assert code == 1 and err.strip().splitlines()[-1].startswith("songloom: "), err
    code, out, err = run(*words)
    assert code == 0 and "trained for 2 steps" in out, err
