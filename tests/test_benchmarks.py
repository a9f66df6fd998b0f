"""The benchmark scripts run from end to end on a tiny model and a tiny corpus, and go on where they stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from songloom import checkpoint
from songloom.band.composer import draw
from songloom.band.labels import labels
from songloom.data import manifest
from songloom.data.manifest import Clip
from songloom.systems import registry

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
SECONDS, RATE = 2.0, 16_000


def run(script: str, *options: object) -> str:
    """What a script prints."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
    command = [sys.executable, str(BENCHMARKS / script), *map(str, options)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained tiny generator's checkpoint."""
    folder = tmp_path_factory.mktemp("model") / "tiny"
    torch.manual_seed(0)
    system, settings = registry.preset("loom-tiny")
    del system
    checkpoint.save(settings.build().eval(), folder)
    return folder


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pieces of the band with noise in the place of their sound."""
    folder = tmp_path_factory.mktemp("corpus")
    rng, clips = np.random.default_rng(0), []
    for seed in range(5):
        piece = draw(seed, seconds=SECONDS)
        soundfile.write(folder / f"{seed}.wav", 0.1 * rng.normal(size=round(SECONDS * RATE)), RATE)
        split = "train" if seed < 4 else "test"
        known = {**labels(piece), "seed": seed}
        clips.append(Clip(str(seed), f"{seed}.wav", SECONDS, RATE, 1, split, labels=known))
    manifest.write(folder, clips)
    (folder / "corpus.json").write_text(json.dumps({"seconds": SECONDS}), encoding="utf-8")
    return folder


def test_adherence_measures_reports_and_resumes(model: Path, corpus: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- adherence:begin -->\n<!-- adherence:end -->\n", encoding="utf-8")
    options = ["--model", model, "--corpus", corpus, "--held-out", corpus, "--out", tmp_path / "out", "--docs", page]
    options += ["--clips", 4, "--seconds", SECONDS, "--codec-clips", 4, "--ear-steps", 3, "--jobs", 1]
    assert "style" in run("adherence.py", *options)
    first = json.loads((tmp_path / "out/adherence.json").read_text(encoding="utf-8"))
    assert set(first["figures"]) >= {"band", "captions", "captions, shuffled", "held-out words", "codec copies"}
    assert first["figures"]["captions"]["drums"]["count"] == 4
    assert set(first["frechet"]) >= {"band (floor)", "codec copies", "captions", "white noise", "pink noise"}
    assert "| style |" in page.read_text(encoding="utf-8")
    assert (tmp_path / "out/pictures/results.png").stat().st_size > 10_000
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.wav")}
    (tmp_path / "out/captions/0001.wav").unlink()
    run("adherence.py", *options)
    again = {path for path, when in made.items() if path.stat().st_mtime_ns != when}
    assert again == {tmp_path / "out/captions/0001.wav"}
    second = json.loads((tmp_path / "out/adherence.json").read_text(encoding="utf-8"))
    assert second["figures"] == first["figures"]


def test_speed_prints_medians_of_fresh_processes(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "speed.json"
    printed = run("speed.py", "--model", model, "--runs", 1, "--lengths", 0.5, 1.0, "--out", out)
    assert "real-time factor" in printed
    figures = json.loads(out.read_text(encoding="utf-8"))["runs"][0]
    assert {"load, s", "first audio, s", "0.5 s of music, s", "peak memory, MB"} <= figures.keys()
    assert all(value > 0 for value in figures.values())


def test_stories_loops_and_long_pieces_are_measured(model: Path, tmp_path: Path) -> None:
    names = ("stories", "loops", "drift", "candidates")
    page = "".join(f"<!-- long-form {name}:begin -->\n<!-- long-form {name}:end -->\n" for name in names)
    (tmp_path / "page.md").write_text(page)
    options = ("--seeds", 1, "--half", 5, "--bars", 1, "--long", 3.5, "--out", tmp_path / "long.json")
    printed = run("long_form.py", "--model", model, *options, "--docs", tmp_path / "page.md")
    found = json.loads((tmp_path / "long.json").read_text())["rows"]
    assert set(found) == set(names)
    rows = {what: told for table in found.values() for what, told in table}
    assert rows["loop of 1 bars: exact number of samples"].startswith("1.00")
    assert all(f"| {name} |" in printed for name in rows)
    assert "furthest, median and worst" in (tmp_path / "page.md").read_text()
