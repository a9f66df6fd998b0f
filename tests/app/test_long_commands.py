"""Stories, loops, pipes and what goes wrong with them, at the command line."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
import torch
from command_runs import Run

from songloom import checkpoint
from songloom.audio import files
from songloom.inference import song
from songloom.systems import registry
from songloom.systems.request import Request


@pytest.fixture(scope="module")
def musicgen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of the tiny MusicGen at random weights."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("model") / "musicgen"
    checkpoint.save(registry.presets()["musicgen-tiny"].build(), folder)
    return folder


def test_a_story_is_told_by_seconds_and_words(run: Run, musicgen: Path) -> None:
    code, out, err = run(
        *("generate", "--at", 0, "calm piano", "--at", 0.4, "drums enter", "--seconds", 0.8),
        *("--model", musicgen, "--json"),
    )
    assert (code, err) == (0, "")
    line = json.loads(out)
    assert line["request"]["story"] == [[0.0, "calm piano"], [0.4, "drums enter"]]
    assert line["file"] == "calm-piano.wav"
    assert run("replay", "calm-piano.wav")[1].endswith("the same samples\n")


def test_a_loop_is_as_long_as_its_bars(run: Run, musicgen: Path, tmp_path: Path) -> None:
    words = ("generate", "house", "--loop", "--bars", 1, "--bpm", 250, "--model", musicgen, "-o", "a.wav")
    assert run(*words)[0] == 0
    assert files.read(tmp_path / "a.wav")[0].shape == (1, round(4 * 60 / 250 * 8000))


def test_a_real_pipe_gets_the_samples_of_the_stream_before_the_program_ends(musicgen: Path) -> None:
    words = ["generate", "calm piano", "--seconds", "6", "--seed", "4", "--model", str(musicgen), "--stream", "-o", "-"]
    command = [sys.executable, "-c", "from songloom.app.cli import main; main()", *words]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as program:
        assert program.stdout is not None and program.stderr is not None
        first = program.stdout.read(44 + 1000)
        running = program.poll() is None  # since the rest is more than a pipe holds
        rest = program.stdout.read()
        assert program.wait() == 0, program.stderr.read()
    assert first[:4] == b"RIFF" and running
    wave, rate = soundfile.read(io.BytesIO(first + rest), dtype="int16")
    assert rate == 8000 and len(wave) == 6 * 8000
    torch.set_num_threads(1)
    model = song.open_model(str(musicgen)).system
    whole = model.generate(Request(prompt="calm piano", seconds=6.0, seed=4))[0, 0]
    assert torch.equal(torch.from_numpy(wave).float(), (whole * 32767).round())


def test_a_reader_that_leaves_ends_the_program_without_a_traceback(musicgen: Path) -> None:
    words = ["generate", "x", "--seconds", "30", "--model", str(musicgen), "--stream", "-o", "-"]
    command = [sys.executable, "-c", "from songloom.app.cli import main; main()", *words]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as program:
        assert program.stdout is not None and program.stderr is not None
        program.stdout.read(100)
        program.stdout.close()
        said = program.stderr.read()
        assert program.wait() == 1 and b"Traceback" not in said


def test_cancelling_half_way_leaves_no_file(
    run: Run, musicgen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[float] = []

    def cancelled(bar: object, task: object, *, completed: float) -> None:
        heard.append(completed)
        if completed > 0.5:
            raise KeyboardInterrupt

    monkeypatch.setattr("rich.progress.Progress.update", cancelled)
    code, _, err = run("generate", "x", "-o", "a.wav", "--seconds", 2, "--model", musicgen)
    assert (code, err) == (130, "songloom: stopped\n")
    assert 0.5 < heard[-1] < 1.0
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_stream_keeps_what_was_made_and_can_be_played(
    run: Run, musicgen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = song.open_model(str(musicgen)).system
    whole = system.stream(Request(prompt="x", seconds=2.0))
    first = next(whole)

    def interrupted(*_: object) -> object:
        yield first
        raise KeyboardInterrupt

    monkeypatch.setattr(type(system), "stream", interrupted)
    assert run("generate", "x", "-o", "a.wav", "--seconds", 2, "--stream", "--model", musicgen)[0] == 130
    assert soundfile.info(tmp_path / "a.wav").frames == first.shape[-1]


def test_prompt_files_may_tell_stories_and_take_bars_from_the_options(run: Run, musicgen: Path, tmp_path: Path) -> None:
    lines = [{"story": [[0, "harp"], [0.3, "metal"]], "tempo": 260}, {"prompt": "piano, 240 bpm"}, {"prompt": "waltz"}]
    (tmp_path / "p.jsonl").write_text("\n".join(map(json.dumps, lines)))
    code, _, err = run("generate", "--prompts", "p.jsonl", "--out", "made", "--bars", 1, "--model", musicgen)
    assert code == 2 and "line 3: bars are as long as the tempo makes them" in err
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == ["0001-harp.wav", "0002-piano-240-bpm.wav"]


WRONG = [
    (["--seconds", "0"], "seconds must be from 0.1 to 3600, not 0"),
    (["--seconds", "3601"], "seconds must be from 0.1 to 3600, not 3601"),
    (["--bars", "8"], "give a tempo"),
    (["--bars", "8", "--bpm", "120", "--seconds", "20"], "8 bars at 120 bpm last 16 s, not 20"),
    (["--at", "0", "a", "--at", "10", "b"], "begins at 10 s; the piece ends at 10 s"),
    (["--at", "x", "a"], "--at"),
    (["--loop", "--continue", "tune.wav", "--seconds", "9"], "no continuation"),
    (["--bpm", "120"], "musicgen does not use tempo"),
    (["--key", "Am"], "with key: flow, loom"),
    (["--melody", "tune.wav"], "with melody: "),
    (["--steps", "5"], "with steps: "),
    (["--continue", "empty.wav"], "empty.wav"),
    (["--continue", "text.wav"], "text.wav"),
]


@pytest.mark.parametrize(("words", "message"), WRONG)
def test_bad_input_is_one_line(run: Run, musicgen: Path, tmp_path: Path, words: list[str], message: str) -> None:
    files.write(tmp_path / "tune.wav", 0.3 * torch.sin(torch.arange(4000) / 3)[None], 8000)
    soundfile.write(tmp_path / "empty.wav", torch.zeros(0).numpy(), 8000)
    (tmp_path / "text.wav").write_text("no sound")
    before = sorted(tmp_path.iterdir())
    code, out, err = run("generate", "calm piano", "--model", musicgen, *words)
    assert code == 2 and message in err
    assert err.count("\n") == 1 and "Traceback" not in out + err
    assert sorted(tmp_path.iterdir()) == before


def test_an_empty_prompt_is_music_too(run: Run, musicgen: Path, tmp_path: Path) -> None:
    assert run("generate", "", "--seconds", 0.3, "--model", musicgen)[0] == 0
    assert (tmp_path / "song.wav").exists()


def test_a_melody_of_a_tenth_of_a_second_is_enough(run: Run, tmp_path: Path) -> None:
    torch.manual_seed(0)
    checkpoint.save(registry.presets()["musicgen-melody-tiny"].build(), tmp_path / "m")
    files.write(tmp_path / "tune.wav", 0.3 * torch.sin(torch.arange(800) / 3)[None], 8000)
    code, _, err = run("generate", "harp", "--melody", "tune.wav", "--seconds", 0.3, "--model", "m", "-o", "a.wav")
    assert (code, err) == (0, "")


def test_a_checkpoint_of_another_family_and_a_codec_are_refused(run: Run, tmp_path: Path) -> None:
    torch.manual_seed(0)
    checkpoint.save(registry.presets()["encodec-tiny"].build(), tmp_path / "codec")
    assert "makes no music from text: it is a Encodec" in run("generate", "x", "--model", "codec")[2]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "config.json").write_text('{"model_type": "bert"}')
    code, _, err = run("generate", "x", "--model", "other")
    assert code == 2 and err.count("\n") == 1 and "other" in err
    (tmp_path / "other" / "config.json").write_text('{"model_type": "musicgen"}')
    code, _, err = run("generate", "x", "--model", "other")
    assert code == 2 and err.count("\n") == 1 and "has no weights: needs model.safetensors or" in err


def test_weights_larger_than_any_memory_are_refused_in_one_line(run: Run, tmp_path: Path) -> None:
    numbers = 2**38
    told = json.dumps({"x": {"dtype": "F32", "shape": [2**19, 2**19], "data_offsets": [0, 4 * numbers]}}).encode()
    (tmp_path / "big").mkdir()
    (tmp_path / "big" / "config.json").write_text('{"model_type": "musicgen"}')
    with (tmp_path / "big" / "model.safetensors").open("wb") as file:
        file.write(len(told).to_bytes(8, "little") + told)
        file.truncate(8 + len(told) + 4 * numbers)  # a hole, which takes no room
    code, _, err = run("generate", "x", "--model", "big", "--precision", "int8")
    assert code == 2 and err.count("\n") == 1 and "needs 274.9 GB of memory for its weights in int8; " in err


def test_a_model_that_memory_cannot_hold_is_refused_before_it_is_read(
    run: Run, musicgen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    song.opened.cache_clear()
    monkeypatch.setattr("songloom.inference.memory.free", lambda: 1000)
    monkeypatch.setattr("songloom.inference.song.load", lambda name: pytest.fail("it was read"))
    code, _, err = run("generate", "x", "--model", musicgen)
    assert code == 2 and "GB of memory for its weights in float32; 0.0 GB are free" in err


def test_a_hub_model_that_is_not_here_is_told_how_to_get(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    code, _, err = run("generate", "x", "--model", "facebook/musicgen-small")
    assert code == 2 and "hf download facebook/musicgen-small" in err
