"""The comparison of candidates runs from end to end at a tiny size, and a batch draws the codes of each alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "musicgen_candidates.py"


def test_a_batch_draws_what_each_candidate_is_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- musicgen candidates:begin -->\n<!-- musicgen candidates:end -->\n", encoding="utf-8")
    command = [sys.executable, str(BENCHMARK), "--size", "tiny", "--steps", "12", "--threads", "1", "--docs", str(page)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [line for line in page.read_text(encoding="utf-8").splitlines() if line.endswith("| 100.0 % |")]
    assert [row.split("|")[1].strip() for row in rows] == ["float32", "int8"]
