"""Log-mel frames of a data set, made once, are what the system would hear in the waves."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
import torch

from songloom.audio import files
from songloom.data import manifest
from songloom.data.manifest import Caption, Clip
from songloom.layers.mel import LogMel
from songloom.systems import registry
from songloom.training import session
from songloom.training.mel_cache import measure_mel

RATE = 22_050


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    clips = []
    for place in range(4):
        wave = 0.1 * torch.randn(round((1 + place) * RATE), 2, generator=torch.Generator().manual_seed(place))
        soundfile.write(tmp_path / f"{place}.wav", wave.numpy(), RATE)
        split = "train" if place < 3 else "valid"
        clips.append(
            Clip(str(place), f"{place}.wav", 1.0 + place, RATE, 2, split, (Caption("tags", f"noise {place}"),))
        )
    manifest.write(tmp_path, clips)
    return tmp_path


def test_a_batch_holds_the_frames_of_the_waves(corpus: Path) -> None:
    plan = session.plan("shuttle-tiny", None, {"recipe.inputs": "mel"}, {})
    system = session.build(plan)
    data = session.open_data(system, plan.recipe, corpus, "train")
    assert data is not None
    batch = data.batch(0, batch_size=6, crop_seconds=1.0)
    scale = session.mel_scale(system)
    assert batch.latents is not None and batch.wave is None
    assert batch.latents.shape == (6, scale.bands, round(scale.sample_rate / scale.hop_length))
    for place, name in enumerate(batch.ids):
        wave, _ = files.read(corpus / f"{name}.wav", sample_rate=scale.sample_rate, channels=1)
        first = round(float(batch.start[place]) * scale.sample_rate / scale.hop_length)
        whole = LogMel(scale)(wave[0])[:, first : first + batch.latents.shape[-1]]
        inside = int(batch.mask[place].sum())
        assert torch.allclose(batch.latents[place, :, :inside], whole[:, :inside], atol=5e-3)  # float16


def test_a_scale_finds_its_own_cache_and_no_other(corpus: Path) -> None:
    clips = manifest.read(corpus)
    first = measure_mel(session.mel_scale(session.build(session.plan("shuttle-tiny", None, {}, {}))), clips, corpus)
    again = measure_mel(registry.presets()["shuttle-tiny"].audio.mel, clips, corpus)  # type: ignore[attr-defined]
    other = measure_mel(registry.presets()["shuttle"].audio.mel, clips, corpus)  # type: ignore[attr-defined]
    assert first.folder == again.folder != other.folder
    assert first.get("2").shape[0] == 32 and other.get("2").shape[0] == 64


def test_a_system_that_needs_more_than_frames_refuses_them() -> None:
    plan = session.plan("dac-tiny", None, {"recipe.inputs": "mel"}, {})
    with pytest.raises(ValueError, match="sees more of the music"):
        session.mel_scale(session.build(plan))


def test_an_embedder_is_trained_on_a_folder_of_music_and_opened_again(corpus: Path, tmp_path: Path) -> None:
    plan = session.plan("shuttle-tiny", None, {"recipe.inputs": "mel", "recipe.steps": "3", "recipe.seconds": "1"}, {})
    trainer = session.start(plan, corpus, tmp_path / "run")
    assert trainer.run()
    system = registry.load(str(tmp_path / "run" / "checkpoint"))
    assert torch.equal(system.steepness, trainer.system.steepness) and bool(system.text.centre.any())
