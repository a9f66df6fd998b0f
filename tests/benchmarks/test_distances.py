"""The benchmark of distances runs and prints what the metrics give."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_distances_are_timed_and_written_into_a_document(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- distances:begin -->\n<!-- distances:end -->\n", encoding="utf-8")
    options = ["--rows", "40", "--width", "4", "--runs", "1", "--docs", str(page)]
    subprocess.run([sys.executable, str(BENCHMARKS / "distances.py"), *options], check=True, capture_output=True)
    assert "| Fréchet |" in page.read_text(encoding="utf-8")
    assert "40 x 4 embeddings" in page.read_text(encoding="utf-8")
