"""The benchmark of denoised style: less noise keeps more of the music, and what an ear says of it is counted."""

from __future__ import annotations

import importlib
import json
import math
from pathlib import Path
from types import ModuleType

import pytest
import torch

from songloom import checkpoint
from songloom.audio import files
from songloom.audio.clip import Audio
from songloom.data import manifest
from songloom.data.manifest import Caption, Clip
from songloom.metrics.ear import Ear
from songloom.systems import registry

FOLDER = Path(__file__).parents[2] / "benchmarks"
RATE, SECONDS = 16_000, 1.5


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    torch.set_num_threads(1)
    monkeypatch.syspath_prepend(FOLDER)
    return importlib.import_module("denoised_style")


def tone(number: int) -> torch.Tensor:
    return 0.3 * torch.sin(2 * math.pi * 330 * (1 + number) * torch.arange(round(SECONDS * RATE)) / RATE)[None]


def test_a_tiny_model_is_asked_and_the_table_is_written(bench: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "audio").mkdir()
    clips = []
    for number in range(2):
        files.write(tmp_path / f"audio/{number}.wav", tone(number), RATE)
        labels = {"style": ("rock", "no style that the ear knows")[number]}
        words = (Caption("sentence", "a tone"),)
        clips.append(Clip(str(number), f"audio/{number}.wav", SECONDS, RATE, 1, "valid", words, labels))
    manifest.write(tmp_path, clips)
    torch.manual_seed(0)
    Ear(("rock",), ("happy",)).save(tmp_path / "ear.safetensors")
    checkpoint.save(registry.presets()["flow-tiny"].build().eval(), tmp_path / "model")
    page, out = tmp_path / "page.md", tmp_path / "found.json"
    page.write_text("<!-- denoised style:begin -->\n<!-- denoised style:end -->\n", encoding="utf-8")
    options = {"ear": tmp_path / "ear.safetensors", "model": str(tmp_path / "model"), "seconds": 1.0, "docs": page}
    bench.main(tmp_path, pieces=2, steps=4, skipped=(0, 3), out=out, **options)
    rows = json.loads(out.read_text(encoding="utf-8"))["rows"]
    assert rows[0][0] == "time 1.000" and rows[-1][0] == bench.COPY
    assert all(told.startswith("0.50 ") for _, told in rows)  # an ear of one style is right about one piece of two
    assert "| time 1.000 | 0.50" in page.read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="of 4 steps"):
        bench.main(tmp_path, pieces=2, steps=4, skipped=(4,), **options)


def test_the_fewer_steps_the_more_is_left_of_the_music(bench: ModuleType) -> None:
    torch.manual_seed(0)
    system = registry.presets()["flow-tiny"].build().eval()
    held = bench.Piece("a tone", "rock", Audio(tone(0), RATE), 0)
    copy = bench.copied(system, held).wave
    apart = [float((bench.denoised(system, held, 8, skip).wave - copy).norm()) for skip in (0, 4, 7)]
    assert apart[0] > apart[1] > apart[2]
