"""Tuning, chroma and key of synthetic tones and progressions."""

import mir_eval
import numpy as np
import pytest
import torch
from synth import RATE, progression, tone

from songloom.audio.features.chroma import chroma, estimate_tuning
from songloom.audio.features.key import MAJOR, MINOR, correlation, estimate_key, key_name, key_of_classes

KEYS = [(tonic, mode) for tonic in range(12) for mode in ("major", "minor")]


@pytest.mark.parametrize(("tonic", "mode"), KEYS)
def test_the_key_of_a_cadence_is_found(tonic: int, mode: str) -> None:
    key = estimate_key(progression(tonic, mode), RATE)
    assert key is not None
    assert key.name == key_name(tonic, mode)
    assert len(key.scores) == 24
    assert key.scores[0][0] == key.name
    assert mir_eval.key.weighted_score(key_name(tonic, mode), key.name) == 1


@pytest.mark.parametrize("tuning", [-0.4, -0.2, 0.0, 0.3])
def test_the_tuning_is_measured_and_allowed_for(tuning: float) -> None:
    wave = progression(2, "minor", tuning)
    assert estimate_tuning(wave, RATE) == pytest.approx(tuning, abs=0.05)
    key = estimate_key(wave, RATE)
    assert key is not None
    assert key.name == "D minor"


@pytest.mark.parametrize("pitch", [40, 45, 52, 60, 69, 76, 83])
def test_a_tone_is_its_own_pitch_class(pitch: int) -> None:
    strengths = chroma(torch.from_numpy(tone(pitch, 2.0))[None].float(), RATE).mean(1)
    assert int(np.argmax(strengths)) == pitch % 12


def test_neighbouring_low_tones_are_told_apart() -> None:
    wave = torch.from_numpy(tone(40, 3.0) + tone(45, 3.0)).float()[None]
    strengths = chroma(wave, RATE).mean(1)
    assert set(np.argsort(-strengths)[:2]) == {4, 9}


@pytest.mark.parametrize(("profile", "mode"), [(MAJOR, "major"), (MINOR, "minor")])
def test_a_profile_is_its_own_key(profile: np.ndarray, mode: str) -> None:
    assert key_of_classes(np.roll(profile, 5)).name == key_name(5, mode)


def test_correlation_agrees_with_numpy() -> None:
    first, second = np.random.default_rng(0).standard_normal((2, 12))
    assert correlation(first, second) == pytest.approx(np.corrcoef(first, second)[0, 1])
    assert correlation(np.ones(12), second) == 0


def test_silence_has_no_key_and_no_chroma() -> None:
    assert estimate_key(torch.zeros(1, RATE), RATE) is None
    assert not chroma(torch.zeros(1, RATE), RATE).any()
    assert estimate_tuning(torch.zeros(1, RATE), RATE) == 0
