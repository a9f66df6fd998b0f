"""The entropy bench counts what it says: bytes of plain and of coded codes, against their entropy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from songloom import checkpoint
from songloom.audio import files
from songloom.systems import registry

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "entropy.py"


def test_the_table_has_a_row_for_each_clip_and_one_for_all(tmp_path: Path) -> None:
    torch.manual_seed(0)
    checkpoint.save(registry.preset("spectral-codec-tiny")[1].build(), tmp_path / "codec")
    for number in range(2):
        files.write(tmp_path / f"{number}.wav", 0.1 * torch.randn(1, 16_000), 16_000)
    command = [sys.executable, str(SCRIPT), str(tmp_path), "--codec", str(tmp_path / "codec"), "--clips", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.count(".wav") == 2
    assert "all" in done.stdout
    assert '"cpu"' in done.stdout


def test_rows_are_right_for_codes_that_are_all_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    import entropy
    import numpy as np

    row = entropy.measured("x", 10.0, np.zeros((2, 400), np.int64), 1024)
    assert row.plain == 2 * 400 * 10 // 8
    assert row.single == 0
    assert row.coded < 40
