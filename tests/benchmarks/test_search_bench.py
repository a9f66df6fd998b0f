"""The search bench runs from end to end, and its searches find the nearest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "search.py"


def test_a_small_index_is_searched_and_reported(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("<!-- search:begin -->\n<!-- search:end -->\n", encoding="utf-8")
    command = [sys.executable, str(SCRIPT), "--clips", "3000", "--width", "32", "--queries", "3"]
    command += ["--out", str(tmp_path / "search.json"), "--docs", str(tmp_path / "page.md")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures = json.loads((tmp_path / "search.json").read_text(encoding="utf-8"))
    assert figures["right"] == 1.0 and len(figures["milliseconds"]) == 4
    assert "first search" in done.stdout and "3,000 windows of 32 numbers" in (tmp_path / "page.md").read_text()
