"""The benchmark of quantizers compares like with like: equal codes and latents on both sides of every look-up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("vector_quantize_pytorch")
SCRIPT = Path(__file__).parents[2] / "benchmarks" / "quantizers.py"


def test_both_sides_of_every_row_give_the_same(tmp_path: Path) -> None:
    page, out = tmp_path / "page.md", tmp_path / "out.json"
    page.write_text("<!-- quantizers:begin -->\n<!-- quantizers:end -->\n", encoding="utf-8")
    sizes = ["--frames", "30", "--width", "8", "--batch", "2", "--rounds", "1"]
    command = [sys.executable, str(SCRIPT), *sizes, "--out", str(out), "--docs", str(page)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    rows = json.loads(out.read_text(encoding="utf-8"))["rows"]
    compared = [row for row in rows if row["equal"] is not None]
    assert len(compared) >= 6
    assert all(row["equal"] == 1 and row["difference"] < 1e-5 for row in compared)
    assert all(row["name"] in page.read_text(encoding="utf-8") for row in rows)
