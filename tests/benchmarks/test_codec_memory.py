"""The memory benchmark codes a short recording in both directions and reports growing peaks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"


def test_both_directions_are_measured_and_written_into_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- codec memory:begin -->\n<!-- codec memory:end -->\n", encoding="utf-8")
    command = [sys.executable, str(BENCHMARKS / "codec_memory.py"), "--minutes", "0.05", "--codec", "dac-tiny"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([*command, "--docs", str(page)], capture_output=True, env=environment, check=True)
    rows = [line.strip("| ").split(" | ") for line in page.read_text("utf-8").splitlines() if "dac-tiny" in line]
    assert [row[1] for row in rows] == ["encode", "decode"]
    for row in rows:
        peak, tenth, half = map(float, row[4:7])
        assert 0 < tenth <= half <= peak
