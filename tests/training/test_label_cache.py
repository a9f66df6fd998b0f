"""What a plain folder tells of key and tempo reaches the musical conditions; beats are heard once, near the tempo."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from songloom.conditioning.musical import Musical, metronome, of_labels, stack
from songloom.data.dataset import clips_of
from songloom.systems import registry
from songloom.training import label_cache, session
from songloom.training.label_cache import completed
from songloom.training.session import open_data

RATE, TEMPO, FIRST = 16_000, 96.0, 0.4


def click_track(path: Path, told: dict[str, object]) -> None:
    """Ten seconds of short noises on the beats of TEMPO, the first at FIRST, with words beside them."""
    wave, noise = np.zeros(10 * RATE), np.random.default_rng(0).standard_normal(400) * np.linspace(1, 0, 400)
    for start in (np.arange(FIRST, 9.9, 60 / TEMPO) * RATE).astype(int):
        wave[start : start + 400] += 0.3 * noise
    soundfile.write(path, wave, RATE)
    path.with_suffix(".json").write_text(json.dumps(told), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    click_track(tmp_path / "a.wav", {"caption": "a click", "tempo": TEMPO, "key": "F#m", "drums": True})
    click_track(tmp_path / "b.wav", {"caption": "another click", "key": "Bb"})
    return tmp_path


def test_beats_of_a_told_tempo_are_where_the_clicks_are(folder: Path) -> None:
    first, second = completed(clips_of(folder), folder)
    beats = np.array(first.labels["beats"])
    whole = np.round((beats - FIRST) * TEMPO / 60)
    assert len(beats) > 12 and np.abs(beats - FIRST - whole * 60 / TEMPO).max() < 0.04
    assert set(first.labels["downbeats"]) <= set(first.labels["beats"])
    assert "beats" not in second.labels


def test_a_folder_s_key_and_tempo_are_the_conditions_of_training(folder: Path) -> None:
    torch.manual_seed(0)
    system = registry.presets()["musicgen-tiny"].build()
    dataset = open_data(system, registry.preset("musicgen-tiny")[0].recipe("musicgen-tiny"), folder, "train")
    assert dataset is not None
    known = {}
    for step in range(6):
        batch = dataset.batch(step, batch_size=4, crop_seconds=0.5)
        known |= {name: of_labels(labels) for name, labels in zip(batch.ids, batch.labels, strict=True)}
    assert (known["a.wav"].tempo, known["a.wav"].key, known["a.wav"].drums) == (TEMPO, 6 + 12, True)
    assert known["b.wav"] == Musical(key=10)
    phase = metronome(stack([known["a.wav"]]), torch.tensor([[known["a.wav"].first_downbeat]]))
    assert bool(phase.any())


def test_beats_are_heard_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = completed(clips_of(folder), folder)
    monkeypatch.setattr(label_cache, "heard", lambda *_: pytest.fail("heard again"))
    assert completed(clips_of(folder), folder) == before


def test_what_a_clip_tells_of_its_beats_stays(tmp_path: Path) -> None:
    click_track(tmp_path / "a.wav", {"tempo": 90, "key": "C", "labels": {"beats": [0.1], "tonic": 2, "mode": "dorian"}})
    (clip,) = completed(clips_of(tmp_path), tmp_path)
    assert (clip.labels["beats"], clip.labels["tonic"], clip.labels["mode"]) == ([0.1], 2, "dorian")


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"key": "H minor"}, r"a\.wav: key 'H minor' is not known"),
        ({"tempo": "fast"}, r"a\.wav: tempo must be a number from 20 to 400 BPM, not 'fast'"),
        ({"tempo": 0}, r"a\.wav: tempo must be"),
        ({"tempo": True}, r"a\.wav: tempo must be"),
    ],
)
def test_a_key_or_tempo_that_is_none_is_refused_with_the_clip_s_name(
    tmp_path: Path, told: dict[str, object], error: str
) -> None:
    click_track(tmp_path / "a.wav", told)
    with pytest.raises(ValueError, match=error):
        completed(clips_of(tmp_path), tmp_path)


def test_pieces_of_a_told_tempo_are_mixed_in_training(tmp_path: Path) -> None:
    for name in "ab":
        click_track(tmp_path / f"{name}.wav", {"caption": f"click {name}", "tempo": TEMPO})
    plan = session.plan("musicldm", "tiny", {"recipe.inputs": "waves", "recipe.mixed": "1.0"}, {"codec": "random"})
    trainer = session.start(plan, tmp_path, tmp_path / "run")
    batch = trainer.train_data.batch(0, batch_size=8, crop_seconds=4.0)
    assert batch.wave is not None and batch.latents is None
    assert {"click a and click b", "click b and click a"} & set(batch.texts)
