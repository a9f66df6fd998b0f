"""The benchmark of denoising, on one block of the published width and a few frames."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest
import torch
from diffusers import StableAudioDiTModel

FOLDER = Path(__file__).parents[2] / "benchmarks"


def test_one_run_times_both_and_states_the_errors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    bench = importlib.import_module("diffusion_speed")
    page, out = tmp_path / "page.md", tmp_path / "speed.json"
    page.write_text("<!-- diffusion speed:begin -->\n<!-- diffusion speed:end -->\n")
    bench.main(frames=(6, 9), rounds=1, steps=2, depth=1, threads=1, out=out, docs=page)
    rows = json.loads(out.read_text())["rows"]
    assert [(row["precision"], row["frames"]) for row in rows] == [
        (precision, frames) for frames in (6, 9) for precision in ("float32", "bfloat16", "int8")
    ]
    assert all(row["diffusers"] > 0 and row["songloom"] > 0 for row in rows)
    steps, runs = (
        {row["precision"]: row[name] for row in rows if name in row} for name in ("step_decibels", "run_decibels")
    )
    assert steps["float32"] > 80 and runs["float32"] > 80
    assert steps["float32"] > steps["bfloat16"] > steps["int8"] > 15
    assert "| 9 | int8 |" in page.read_text()


def test_on_a_gpu_both_are_in_bfloat16_and_errors_are_those_to_float32(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The same comparison on a CPU, where ours is packed instead of compiled."""
    monkeypatch.syspath_prepend(FOLDER)
    bench = importlib.import_module("diffusion_speed")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    with torch.no_grad():
        theirs = bench.stirred(StableAudioDiTModel(num_layers=1))
        given = bench.Conditions(torch.randn(2, bench.TOKENS, 768), torch.randn(1, 1536).repeat(2, 1))
        rows = list(bench.compared(theirs, given, (6, 9), ("float32",), 1, 2, bench.wall, lowered=True))
    assert theirs.dtype == torch.bfloat16
    assert [(row["precision"], row["frames"]) for row in rows] == [("bfloat16", 6), ("bfloat16", 9)]
    assert all(25 < row["step_decibels"] < 60 for row in rows) and 20 < rows[0]["run_decibels"] < 60
    how = {"machine": {"cpu": "a CPU", "torch": "2"}, "gpu": "a GPU", "threads": 1, "rounds": 1, "steps": 2, "depth": 1}
    page = tmp_path / "page.md"
    page.write_text("<!-- speed:begin -->\n<!-- speed:end -->\n")
    bench.show(how | {"clock": "wall", "rows": rows}, None, page, "speed")
    told = page.read_text()
    assert "a GPU, torch 2" in told and "ours not compiled (a CPU takes packed matrices)" in told


def test_sizes_that_cannot_be_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    bench = importlib.import_module("diffusion_speed")
    with pytest.raises(ValueError, match="must be 1 or more"):
        bench.main(rounds=0)
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="device is cuda; torch sees no GPU here"):
            bench.main(device="cuda")
    with pytest.raises(ValueError, match="one thread on a CPU, not of 2 on cpu"):
        bench.main(clock="processor", threads=2)
