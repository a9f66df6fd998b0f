"""The benchmark of the U-Net, at a quarter of its width and a few frames."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


def test_one_run_times_both_u_nets_and_states_the_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    out = tmp_path / "speed.json"
    importlib.import_module("unet_speed").main(frames=(8,), rounds=1, width=32, threads=1, out=out)
    rows = {row["precision"]: row for row in json.loads(out.read_text())["rows"]}
    assert all(row["diffusers"] > 0 and row["songloom"] > 0 for row in rows.values())
    assert rows["float32"]["decibels"] > 80 > rows["bfloat16"]["decibels"] > 25


def test_a_u_net_of_no_frames_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    with pytest.raises(ValueError, match="must be 1 or more"):
        importlib.import_module("unet_speed").main(frames=(0,))
