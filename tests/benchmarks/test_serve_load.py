"""The load test of the server counts jobs that were done, at every number of clients."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import torch

from songloom import checkpoint
from songloom.systems import registry

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "serve_load.py"


def test_each_level_is_a_line_of_its_own(tmp_path: Path) -> None:
    torch.manual_seed(0)
    checkpoint.save(registry.preset("loom-tiny")[1].build(), tmp_path / "tiny")
    words = ("--model", "tiny", "--seconds", "0.5", "--budget", "3", "--clients", "1", "--clients", "2")
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *words],
        capture_output=True, text=True, check=False, cwd=tmp_path, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    machine, *levels = map(json.loads, done.stdout.splitlines())
    assert machine["cores"] >= 1 and [(one["clients"], one["together"]) for one in levels] == [
        (1, 1),
        (1, 8),
        (2, 1),
        (2, 8),
    ]
    for one in levels:
        assert one["memory_mb"] > 0 and one["jobs_per_second"] >= one["jobs"] / 3 - 0.01
        assert one["jobs"] == 0 or 0 < one["p50_seconds"] <= one["p95_seconds"] <= 3
