"""A published MusicGen is fine-tuned by its hub id, and its LoRA is found again by generation."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from musicgen_folders import save_craft, save_hub, theirs

from songloom.audio import files
from songloom.inference import song
from songloom.layers.lora import Lora
from songloom.published.load import load
from songloom.systems import loras
from songloom.systems.request import Request
from songloom.training import session
from songloom.training.trainer import Pace

NAME = "facebook/musicgen-small"
CHANGES = {"recipe.steps": "3", "recipe.batch_size": "2", "recipe.seconds": "0.5", "recipe.learning_rate": "0.01"}


@pytest.fixture(params=["hub", "craft"])
def cached(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A local cache with a tiny model in one of the published layouts."""
    monkeypatch.setattr("songloom.published.files.hub_cache", lambda: tmp_path)
    place = tmp_path / "models--facebook--musicgen-small"
    for name in ("refs", "snapshots"):
        (place / name).mkdir(parents=True)
    (place / "refs" / "main").write_text("abc")
    torch.manual_seed(0)
    (save_hub if request.param == "hub" else save_craft)(theirs(), place / "snapshots" / "abc")
    return tmp_path


def test_a_published_checkpoint_is_tuned_and_stays_as_it_is(cached: Path, tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    tone = torch.sin(2 * math.pi * 220 * torch.arange(8000) / 8000)
    files.write(folder / "a.wav", 0.4 * tone[None], 8000)
    (folder / "a.txt").write_text("calm piano and rain")
    before = loras.base_of(load(NAME), NAME)
    plan = session.tuning_plan(NAME, CHANGES, Lora(rank=4))
    trainer = session.start(plan, folder, tmp_path / "run", pace=Pace(log_steps=1, valid_steps=0, sample_steps=0))
    assert trainer.run()
    assert not any(name.startswith(("codec.", "text.")) for name in trainer.held.own)
    file = loras.read(tmp_path / "run" / "checkpoint" / "lora.safetensors")
    assert file.base == before == loras.base_of(load(NAME), NAME)
    asked = Request(prompt="calm piano and rain", seconds=0.5)
    made = song.make(song.open_model(NAME, [str(tmp_path / "run")]), asked)[0]
    assert torch.equal(song.replay(dict(made.recipe)).wave, made.wave)
    song.opened.cache_clear()
