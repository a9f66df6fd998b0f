"""The comparison of MusicGen runs from end to end at a tiny size, and its programs draw the same codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "musicgen_speed.py"


def test_both_programs_draw_the_same_codes_and_are_measured(tmp_path: Path) -> None:
    page, out = tmp_path / "page.md", tmp_path / "out.json"
    marks = (f"<!-- musicgen {table}:begin -->\n<!-- musicgen {table}:end -->\n" for table in ("speed", "memory"))
    page.write_text("\n".join(marks), encoding="utf-8")
    options = ["--programs", "transformers", "float32", "--size", "tiny", "--steps", "24", "--rounds", "1"]
    command = [sys.executable, str(BENCHMARK), *options, "--threads", "1", "--out", str(out), "--docs", str(page)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    theirs, ours = json.loads(out.read_text(encoding="utf-8"))["rows"]
    assert ours["equal"] == 1.0 and ours["equal frames"] == ours["frames"] == 20
    assert all(row[name] > 0 for row in (theirs, ours) for name in ("step", "load", "weights", "whole"))
    assert ours["peaks"].keys() > theirs["peaks"].keys() and theirs["whole"] == theirs["weights"]
    assert all(0 < row["imports"] < max(row["peaks"].values()) for row in (theirs, ours))
    assert page.read_text(encoding="utf-8").count("| songloom | float32 |") == 2
    assert "first 20 of 20 frames" in done.stdout
