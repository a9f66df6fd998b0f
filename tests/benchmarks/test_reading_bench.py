"""The reading bench runs from end to end on a tiny codec and fills in its table."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "reading.py"


def test_what_each_recipe_reads_is_read_and_reported(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("<!-- reading:begin -->\n<!-- reading:end -->\n", encoding="utf-8")
    systems = {"encodec-tiny": "waves", "musicgen-melody-tiny": "codes and waves", "flow-tiny": "latents and curves"}
    command = [sys.executable, str(SCRIPT), *(word for name in systems for word in ("--systems", name))]
    command += ["--clips", "2", "--seconds", "2"]
    command += ["--out", str(tmp_path / "reading.json"), "--docs", str(tmp_path / "page.md")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "reading.json").read_text(encoding="utf-8"))
    for name, reads in systems.items():
        one = figures["systems"][name]
        assert one["reads"].startswith(reads) and one["times"] == one["rate"] / one["need"] > 0
        assert name in (tmp_path / "page.md").read_text(encoding="utf-8")
