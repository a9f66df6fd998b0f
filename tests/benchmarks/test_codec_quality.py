"""The codec benchmark, run on synthetic music with the tiny codec."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import Tensor

from songloom import checkpoint
from songloom.audio import files
from songloom.data import manifest
from songloom.data.manifest import Clip
from songloom.metrics.spectral import delay
from songloom.systems import registry

FOLDER = Path(__file__).parents[2] / "benchmarks"
RATE = 16_000


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(FOLDER)
    return importlib.import_module("codec_quality")


@pytest.fixture
def coders(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(FOLDER)
    return importlib.import_module("coders")


def music(seconds: float) -> Tensor:
    """A minor triad with a click twice a second."""
    time = torch.arange(round(seconds * RATE)) / RATE
    chord = sum((torch.sin(2 * torch.pi * hertz * time) for hertz in (220.0, 261.6, 329.6)), torch.zeros(1))
    clicks = torch.exp(-40 * (time % 0.5)) * torch.sin(2 * torch.pi * 1500 * time)
    return (0.1 * chord + 0.4 * clicks)[None]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    cls, settings = registry.preset("spectral-codec-tiny")
    torch.manual_seed(0)
    checkpoint.save(cls(settings), tmp_path / "model")
    return tmp_path / "model"


def test_the_benchmark_writes_a_table_of_held_out_clips_and_recordings(
    bench: ModuleType, model: Path, tmp_path: Path
) -> None:
    corpus, real, out = tmp_path / "corpus", tmp_path / "real", tmp_path / "out"
    for folder in (corpus, real):
        folder.mkdir()
    files.write(corpus / "a.wav", music(2.0), RATE)
    files.write(real / "b.flac", music(1.5), RATE)
    manifest.write(
        corpus,
        [Clip("a", "a.wav", 2.0, RATE, 1, split="test"), Clip("unread", "not-there.wav", 2.0, RATE, 1, split="train")],
    )
    bench.main(model=str(model), corpus=corpus, clips=5, real=real, seconds=1.5, books=(1, 4, 8), out=out)
    result = json.loads((out / "codec-quality.json").read_text())
    assert set(result["sets"]) == {"held-out band clips", "real recordings"}
    rows = result["sets"]["held-out band clips"]
    assert [one["clip"] for one in rows["codec, 4 books"]] == ["a"]
    assert "codec, 8 books" not in rows
    frames = -(-24_000 // 256)
    assert rows["codec, 4 books"][0]["kbps"] == pytest.approx(4 * 5 * frames / 1.5 / 1000)
    ceiling = rows["Griffin-Lim alone"][0]
    assert ceiling["convergence"] < rows["codec, unquantised"][0]["convergence"]
    assert ceiling["tempo"] and ceiling["key"] and ceiling["loudness"] < 0.5
    assert "| codec, 1 book |" in (out / "codec-quality.md").read_text()


def test_programs_that_are_missing_are_named_and_left_out(
    bench: ModuleType, coders: ModuleType, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coders.shutil, "which", lambda name: None)
    (tmp_path / "real").mkdir()
    files.write(tmp_path / "real" / "b.wav", music(1.0), RATE)
    bench.main(model=str(model), real=tmp_path / "real", books=(1,), out=tmp_path / "out")
    result = json.loads((tmp_path / "out" / "codec-quality.json").read_text())
    assert result["missing_programs"] == ["lame", "opusdec", "opusenc"]
    assert not [name for name in result["sets"]["real recordings"] if name.startswith(("Opus", "MP3"))]
    assert "lame, opusdec, opusenc" in (tmp_path / "out" / "codec-quality.md").read_text()


@pytest.mark.parametrize("name", ["Opus, asked 12", "MP3, asked 32"])
def test_a_programs_copy_is_lined_up_with_the_original(coders: ModuleType, name: str) -> None:
    program = coders.PROGRAMS[name]
    if program.missing():
        pytest.skip(f"needs {', '.join(program.missing())}")
    wave = music(2.0)
    made = program.copy(wave, RATE)
    assert made.wave.shape == wave.shape
    assert delay(made.wave, wave, longest=200) == 0
    assert float((made.wave - wave).norm() / wave.norm()) < 0.5
    assert 5 < made.kbps < 45


def test_a_coder_that_fails_says_so(coders: ModuleType) -> None:
    with pytest.raises(ValueError, match="false failed"):
        coders._run(["false"])


def test_nothing_to_measure_on_is_an_error(bench: ModuleType, model: Path) -> None:
    with pytest.raises(ValueError, match="--corpus, --real or both"):
        bench.main(model=str(model))
