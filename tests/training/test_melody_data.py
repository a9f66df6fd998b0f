"""A melody model trains on codes from the cache, and reads melodies from the waves beside them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from training_toys import write_sines

from songloom.systems.generators.musicgen_melody import MusicgenMelody
from songloom.training import measure, session


def test_codes_come_from_the_cache_with_the_waves_that_they_were_made_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = session.plan("musicgen_melody", "tiny", {"recipe.crop": "start"}, {"codec": "random"})
    system = session.build(plan)
    assert isinstance(system, MusicgenMelody)
    write_sines(tmp_path, clips=3)
    data = session.open_data(system, plan.recipe, tmp_path, "train")
    assert data is not None
    batch = data.batch(0, batch_size=2, crop_seconds=0.5)
    assert batch.wave is not None and batch.codes is not None
    with torch.no_grad():
        fresh = system.codec.tokenize(batch.wave)
    inner = slice(0, batch.codes.shape[-1] - 40)  # the end of the crop sees no further
    assert float((fresh[..., inner] == batch.codes[..., inner]).float().mean()) > 0.95
    monkeypatch.setattr(type(system.codec), "tokenize", lambda *_, **__: pytest.fail("it was encoded again"))
    losses = system.losses(batch, step=0)
    assert all(math.isfinite(float(value.detach())) for value in losses.values())


def test_a_dry_run_has_them_too(tmp_path: Path) -> None:
    plan = session.plan("musicgen_melody", "tiny", {}, {"codec": "random"})
    clips = tuple(session.clips_of(write_sines(tmp_path, clips=3)))
    data = measure._few(session.build(plan), plan, tmp_path, clips, tmp_path / "scratch")
    batch = data.batch(0, batch_size=1, crop_seconds=0.3)
    assert batch.wave is not None and batch.codes is not None
