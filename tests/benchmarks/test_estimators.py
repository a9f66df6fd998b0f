"""The benchmark of the estimators runs on a tiny corpus; truth itself reaches full marks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile

from songloom.band.composer import draw
from songloom.band.labels import labels
from songloom.data import manifest
from songloom.data.manifest import Clip

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SECONDS, RATE = 2.0, 16_000


def test_estimators_are_measured_on_pieces_whose_truth_is_known(tmp_path: Path) -> None:
    corpus, rng, clips = tmp_path / "corpus", np.random.default_rng(0), []
    corpus.mkdir()
    for seed in range(3):
        soundfile.write(corpus / f"{seed}.wav", 0.1 * rng.normal(size=round(SECONDS * RATE)), RATE)
        known = {**labels(draw(seed, seconds=SECONDS)), "seed": seed}
        clips.append(Clip(str(seed), f"{seed}.wav", SECONDS, RATE, 1, labels=known))
    manifest.write(corpus, clips)
    (corpus / "corpus.json").write_text(json.dumps({"seconds": SECONDS}), encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text("<!-- estimators:begin -->\n<!-- estimators:end -->\n", encoding="utf-8")
    options = ["--out", tmp_path / "out", "--held-out", corpus, "--clips", 3, "--docs", page]
    command = [sys.executable, str(BENCHMARKS / "estimators.py"), *map(str, options)]
    subprocess.run(command, check=True, capture_output=True)
    rows = [line.split(" | ") for line in page.read_text(encoding="utf-8").splitlines() if "%" in line]
    assert len(rows) >= 8 and {row[1] for row in rows[1:]} == {"100 %"}
    found = json.loads((tmp_path / "out/estimators.json").read_text(encoding="utf-8"))
    assert found["estimators"]["tempo, exact"]["count"] == 3
