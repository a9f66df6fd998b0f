"""Diffusion at the command line: steps, audio to start from, regions to make anew, and what a model lacks."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from command_runs import Run

from songloom import checkpoint
from songloom.app.wishes import region
from songloom.audio import files
from songloom.systems import registry


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of the tiny model at random weights."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("model") / "diffusion"
    checkpoint.save(registry.presets()["stable-audio-tiny"].build(), folder)
    return folder


@pytest.fixture
def tune(tmp_path: Path) -> Path:
    """A stereo sound file of a tone."""
    time = torch.arange(16_000) / 16_000
    files.write(tmp_path / "tune.wav", 0.5 * torch.sin(2 * math.pi * 440 * time).repeat(2, 1), 16_000)
    return tmp_path / "tune.wav"


def test_regions_are_made_anew_and_the_recipe_names_them(run: Run, model: Path, tune: Path, tmp_path: Path) -> None:
    words = ("generate", "harp", "--seconds", 1, "--model", model, "--steps", 3, "--init", tune, "-o", "a.wav")
    code, out, err = run(*words, "--inpaint", "0.2-0.4", "--inpaint", "0.6-0.8", "--json")
    assert (code, err) == (0, "")
    asked = json.loads(out)["request"]
    assert asked["inpaint"] == [[0.2, 0.4], [0.6, 0.8]] and asked["steps"] == 3 and asked["init"]["seconds"] == 1.0
    # Finished at another loudness and without direct current, but the same wave.
    made, original = (files.read(path)[0][0, 8_000:9_000].diff() for path in (tmp_path / "a.wav", tune))
    gain = (made @ original) / original.square().sum()
    torch.testing.assert_close(made, gain * original, atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--inpaint", "0-1"), "inpaint needs init"),
        (("--init-strength", 0.5), "init_strength needs init"),
        (("--init", "tune.wav", "--inpaint", "soon"), "FROM-TO in seconds"),
        (("--init", "tune.wav", "--inpaint", "0.5-7"), "from 0 to 1, not 7"),
        (("--init", "none.wav"), "no file none.wav"),
        (("--steps", 0), "steps must be a whole number from 1"),
        (("--top-k", 5), "does not use top_k"),
        (("--negative", "noise", "--guidance", 1), "guidance 1 is off"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    run: Run, model: Path, tune: Path, words: tuple[object, ...], said: str
) -> None:
    code, _, err = run("generate", "harp", "--seconds", 1, "--model", model, "-o", "a.wav", *words)
    assert code == 2 and said in err and len(err.strip().splitlines()) == 1


@pytest.mark.parametrize("option", ["--init", "--continue"])
def test_sound_of_another_rate_or_width_is_taken_and_said_so(
    run: Run, model: Path, tmp_path: Path, option: str
) -> None:
    files.write(tmp_path / "odd.wav", 0.1 * torch.randn(1, 5_000), 11_025)
    code, _, err = run(
        "generate", "harp", "--seconds", 1, "--model", model, "--steps", 2, option, "odd.wav", "-o", "a.wav"
    )
    name = {"--init": "init", "--continue": "continuation"}[option]
    assert code == 0
    assert err.strip() == f"{name}: 11025 Hz, 1 channel is taken as 16000 Hz, 2 channels, as the model has it"


def test_more_than_a_window_is_made_window_by_window_and_a_loop_is_not(run: Run, model: Path) -> None:
    words = ("generate", "harp", "--model", model, "-o", "a.wav", "--steps", 1)
    assert run(*words, "--seconds", 17)[0] == 0
    assert files.info(Path("a.wav")).frames == 17 * 16_000
    code, _, err = run(*words, "--seconds", 600, "--loop", "--overwrite")
    assert code == 2 and "makes loops at once, of at most" in err and "not 600" in err


def test_a_model_of_tokens_names_those_that_inpaint(run: Run, tune: Path) -> None:
    code, _, err = run("generate", "harp", "--model", "loom", "--seconds", 1, "--init", tune, "-o", "a.wav")
    assert code == 2 and "does not use init" in err and "stable-audio" in err


def test_a_region_is_two_numbers() -> None:
    assert region("2.5-4") == (2.5, 4.0)
    for text in ("", "3", "a-b", "1:2"):
        with pytest.raises(ValueError, match="FROM-TO"):
            region(text)
