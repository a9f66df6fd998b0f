"""The reading bench runs from end to end on a tiny codec and fills in its table."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "reading.py"


def test_shards_and_cache_are_both_read_and_reported(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("<!-- reading:begin -->\n<!-- reading:end -->\n", encoding="utf-8")
    command = [sys.executable, str(SCRIPT), "--system", "encodec-tiny", "--clips", "2", "--seconds", "2"]
    command += ["--batches", "2", "--out", str(tmp_path / "reading.json"), "--docs", str(tmp_path / "page.md")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "reading.json").read_text(encoding="utf-8"))
    assert len(figures["rates"]) == 2 and min(*figures["rates"].values(), figures["need"]) > 0
    assert "tar shards" in done.stdout and "encodec-tiny" in (tmp_path / "page.md").read_text(encoding="utf-8")
