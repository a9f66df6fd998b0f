"""The benchmark of controls, on an untrained tiny model and short tones."""

from __future__ import annotations

import importlib
import json
import math
from pathlib import Path

import pytest
import torch

from songloom import checkpoint
from songloom.audio import files
from songloom.data import manifest
from songloom.data.manifest import Caption, Clip
from songloom.systems import registry

FOLDER = Path(__file__).parents[2] / "benchmarks"
RATE, SECONDS = 16_000, 1.5


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    (folder / "audio").mkdir(parents=True)
    time = torch.arange(round(SECONDS * RATE)) / RATE
    clips = []
    for number, split in enumerate(("train", "train", "train", "valid", "valid")):
        tone = torch.sin(2 * math.pi * 330 * 2 ** (number / 12) * time) * torch.exp(-6 * (time % 0.25))
        files.write(folder / f"audio/{number}.wav", 0.4 * tone[None], RATE)
        words = (Caption("sentence", f"tone {number}"),)
        clips.append(Clip(str(number), f"audio/{number}.wav", SECONDS, RATE, 1, split, words))
    manifest.write(folder, clips)
    return folder


def test_it_makes_measures_draws_and_finds_again(monkeypatch: pytest.MonkeyPatch, corpus: Path, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    bench = importlib.import_module("controls")
    torch.manual_seed(0)
    checkpoint.save(registry.presets()["music-controlnet-tiny"].build().eval(), tmp_path / "model")
    page = tmp_path / "docs" / "page.md"
    page.parent.mkdir()
    page.write_text("<!-- controls:begin -->\n<!-- controls:end -->\n", encoding="utf-8")
    options = {"model": str(tmp_path / "model"), "pieces": 2, "seconds": 1.2, "sampling_steps": 2, "docs": page}
    bench.main(corpus, out=tmp_path / "out", **options)
    rows = json.loads((tmp_path / "out/controls.json").read_text(encoding="utf-8"))["rows"]
    assert set(rows["no curves"]) == {"melody", "dynamics", "rhythm"} and rows["no curves"]["melody"]["count"] == 2
    assert set(rows["drawn rhythm"]) == {"rhythm"}
    for row in ("melody alone", "dynamics alone, before the fader"):  # untrained, it makes the same as without
        name = row.split()[0]
        assert rows[row][name] == rows["no curves"][name]
    assert rows["dynamics alone"] == rows["dynamics alone, by the fader alone"]
    assert rows["dynamics alone"]["dynamics"]["value"] < 0.5 * rows["no curves"]["dynamics"]["value"]
    assert "| no curves |" in page.read_text(encoding="utf-8")
    pictures = sorted(path.name for path in (tmp_path / "docs/pictures").iterdir())
    assert pictures == ["controls-drawn.png", "controls-heard.png", "controls-spectra.png"]
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "out/made").rglob("*.wav")}
    bench.main(corpus, out=tmp_path / "out", **options)
    assert made and all(path.stat().st_mtime_ns == when for path, when in made.items())


def test_a_few_clips_of_a_corpus_are_a_corpus(monkeypatch: pytest.MonkeyPatch, corpus: Path, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    bench = importlib.import_module("controls")
    folder = bench.few(corpus, tmp_path / "few", 2, 1)
    clips = manifest.read(folder)
    assert [clip.split for clip in clips] == ["train", "train", "valid"]
    assert all((folder / clip.audio).is_file() for clip in clips)


def test_halves_share_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    bench = importlib.import_module("controls")
    curve = bench.Curve("dynamics", torch.full((1, 100), -20.0))
    first, second = bench.half(curve).mask, bench.rest(curve).mask
    assert first.tolist() == [True] * 50 + [False] * 50 and second.tolist() == [False] * 75 + [True] * 25
