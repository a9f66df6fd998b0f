"""The codec benchmark, run on synthetic music with the tiny codec."""

from __future__ import annotations

import importlib
import importlib.util
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
    """The script under a name of its own: `codecs` alone is Python's."""
    monkeypatch.syspath_prepend(FOLDER)
    spec = importlib.util.spec_from_file_location("codecs_bench", FOLDER / "codecs.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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


def test_the_bench_writes_a_table_and_a_picture_of_held_out_clips_and_recordings(
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
    page = tmp_path / "page.md"
    page.write_text("<!-- codec-quality:begin -->\n<!-- codec-quality:end -->\n")
    book = 5 * RATE / 256 / 1000
    bench.main(real, codec=(str(model),), corpus=corpus, clips=5, seconds=1.5, kbps=(book, 16.0), out=out, docs=page)
    result = json.loads((out / "codecs.json").read_text())
    assert set(result["sets"]) == {"held-out band clips", "recordings"}
    rows = result["sets"]["held-out band clips"]
    assert {"model, 1 stream", "model, 4 streams", "model, unquantised", "Griffin-Lim alone"} <= rows.keys()
    assert [one["clip"] for one in rows["model, 4 streams"]["clips"]] == ["a"]
    frames = -(-24_000 // 256)
    figures = rows["model, 4 streams"]["figures"]
    assert figures["kbps"] == pytest.approx(4 * 5 * frames / 1.5 / 1000)
    assert 0 < figures["efficiency"] <= 1 and 0 < figures["used"] <= 1 and 0 < figures["coded_kbps"] < 3
    ceiling = rows["Griffin-Lim alone"]["clips"][0]
    assert ceiling["convergence"] < rows["model, unquantised"]["clips"][0]["convergence"]
    assert ceiling["tempo"] and ceiling["key"] and ceiling["loudness"] < 0.5
    assert "| model, 1 stream |" in (out / "codecs.md").read_text() and "| model, 1 stream |" in page.read_text()
    assert (out / "codecs.png").read_bytes().startswith(b"\x89PNG")


def test_programs_that_are_missing_are_named_and_left_out(
    bench: ModuleType, coders: ModuleType, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coders.shutil, "which", lambda name: None)
    (tmp_path / "real").mkdir()
    files.write(tmp_path / "real" / "b.wav", music(1.0), RATE)
    bench.main(tmp_path / "real", codec=(str(model),), kbps=(1.0, 16.0), out=tmp_path / "out")
    result = json.loads((tmp_path / "out" / "codecs.json").read_text())
    assert result["missing_programs"] == ["lame", "opusdec", "opusenc"]
    assert not [name for name in result["sets"]["recordings"] if name.startswith(("Opus", "MP3"))]
    assert "lame, opusdec, opusenc" in (tmp_path / "out" / "codecs.md").read_text()


def test_coders_are_compared_at_the_rates_that_they_have(coders: ModuleType, model: Path) -> None:
    codec = checkpoint.load(model)
    book = codec.bitrate(1)
    names = [coder.name for coder in coders.codec_coders("m", codec, (book / 2, book, 2.5 * book, 3.9 * book, 64.0))]
    assert names == ["m, 1 stream", "m, 2 streams", "m, 3 streams", "m, 4 streams", "m, unquantised"]
    found, absent = coders.program_coders((1.25, 6.0, 8.0, 10.0))
    if not absent:
        assert [coder.name for coder in found] == ["Opus, asked 6", "Opus, asked 8", "Opus, asked 10", "MP3, asked 8"]


def test_a_codec_of_another_rate_gives_a_copy_at_the_rate_of_the_bench(coders: ModuleType, model: Path) -> None:
    wave = files.with_channels(music(0.5), 1)
    copy = coders.through(checkpoint.load(model), 4, wave, 22_050)
    assert copy.wave.shape == wave.shape and copy.codes.shape[0] == 4


@pytest.mark.parametrize(("make", "kbps"), [("opus", 12), ("mp3", 32)])
def test_a_programs_copy_is_lined_up_with_the_original(coders: ModuleType, make: str, kbps: int) -> None:
    program = getattr(coders, make)(kbps)
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
    with pytest.raises(ValueError, match="a folder of music, --corpus or both"):
        bench.main(codec=(str(model),))
