"""The benchmark of seams: a click is the roughest moment, music that is alike everywhere has no seam."""

from __future__ import annotations

import dataclasses
import importlib
import json
import math
from pathlib import Path
from types import ModuleType

import pytest
import torch

from songloom import checkpoint
from songloom.systems import registry

FOLDER = Path(__file__).parents[2] / "benchmarks"
RATE = 8_000


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    torch.set_num_threads(1)
    monkeypatch.syspath_prepend(FOLDER)
    return importlib.import_module("seams")


def test_a_cut_into_another_tone_is_rougher_than_every_other_beat(bench: ModuleType) -> None:
    time = torch.arange(8 * RATE) / RATE
    tones = [torch.sin(2 * math.pi * hertz * time)[None] for hertz in (440.0, 1000.0)]
    cut = torch.cat([tones[0][:, : 4 * RATE], tones[1][:, 4 * RATE :]], dim=-1)
    assert bench.place(cut, RATE, 4.0, 0.5) == 1.0


def test_other_music_is_another_sound_however_slowly_it_comes(bench: ModuleType) -> None:
    time = torch.arange(16 * RATE) / RATE
    low, high = (torch.sin(2 * math.pi * hertz * time)[None] for hertz in (440.0, 1000.0))
    weight = (time - 7.5).clamp(0, 1)
    passed = (1 - weight) * low + weight * high
    assert bench.place(passed, RATE, 8.0, 0.5, bench.sounding, 2.0) == 1.0
    assert bench.place(low, RATE, 8.0, 0.5, bench.sounding, 2.0) < 1.0


def test_a_moment_like_all_others_is_in_their_middle(bench: ModuleType) -> None:
    torch.manual_seed(0)
    noise = 0.1 * torch.randn(1, 10 * RATE)
    shares = [bench.place(noise, RATE, quarter / 4, 0.25) for quarter in range(1, 40)]
    assert sum(shares) / len(shares) == pytest.approx(0.5, abs=1e-6)  # each of two is less than the other once
    assert bench.place(torch.zeros(1, 4 * RATE), RATE, 2.0, 0.5) == 0.5


def test_a_tiny_model_s_seams_are_measured_and_told(bench: ModuleType, tmp_path: Path) -> None:
    torch.manual_seed(0)
    tiny = registry.presets()["flow-tiny"]
    checkpoint.save(dataclasses.replace(tiny, window=64).build().eval(), tmp_path / "model")  # type: ignore[call-arg]
    page = tmp_path / "page.md"
    page.write_text("<!-- seams:begin -->\n<!-- seams:end -->\n", encoding="utf-8")
    out = tmp_path / "seams.json"
    bench.main(model=str(tmp_path / "model"), steps=1, story=2.0, bars=1, out=out, docs=page)
    rows = json.loads(out.read_text(encoding="utf-8"))["rows"]
    assert [row[1] for row in rows] == ["8", "8", "8"]
    assert "| from window to window | 8 |" in page.read_text(encoding="utf-8")
