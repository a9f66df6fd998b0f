"""Onsets, tempo and beats of click tracks, against the truth and against librosa."""

import librosa
import mir_eval
import numpy as np
import pytest
import torch
from synth import RATE, clicks, drum_loop, progression

from songloom.audio.features.beats import track_beats
from songloom.audio.features.onsets import onset_density, onset_envelope, onset_times
from songloom.audio.features.tempo import autocorrelation, estimate_tempo

TEMPI = [60, 72.5, 85, 97, 110, 120, 133, 150, 165, 180]


@pytest.mark.parametrize("bpm", TEMPI)
def test_the_tempo_of_clicks_is_found_within_two_percent(bpm: float) -> None:
    assert estimate_tempo(clicks(bpm), RATE).bpm == pytest.approx(bpm, rel=0.02)


@pytest.mark.parametrize("bpm", [80, 100, 120, 140])
def test_softer_halves_do_not_double_the_tempo(bpm: float) -> None:
    assert estimate_tempo(clicks(bpm, subdivide=True), RATE).bpm == pytest.approx(bpm, rel=0.02)


@pytest.mark.parametrize("bpm", TEMPI)
def test_beats_fall_on_clicks(bpm: float) -> None:
    truth = np.arange(0.3, 14.95, 60 / bpm)
    found = track_beats(clicks(bpm), RATE)
    assert mir_eval.beat.f_measure(truth, found) > 0.9


def test_a_given_tempo_is_followed() -> None:
    found = track_beats(clicks(120), RATE, tempo=60)
    assert np.median(np.diff(found)) == pytest.approx(1.0, abs=0.03)


def test_the_other_octave_is_among_the_candidates() -> None:
    tempo = estimate_tempo(drum_loop(), RATE)
    assert tempo.bpm == pytest.approx(120, rel=0.02)
    assert any(bpm == pytest.approx(60, rel=0.02) for bpm, _ in tempo.candidates[1:])
    assert sum(share for _, share in tempo.candidates) == pytest.approx(1)
    assert 0 < tempo.strength <= 1


def test_clicks_are_more_periodic_than_noise() -> None:
    noise = torch.randn(1, 10 * RATE, generator=torch.Generator().manual_seed(0))
    assert estimate_tempo(clicks(120), RATE).strength > estimate_tempo(noise, RATE).strength + 0.3


@pytest.mark.parametrize("wave", [torch.zeros(1, RATE), torch.ones(2, 5), torch.zeros(1, 1)])
def test_silence_and_scraps_have_no_tempo(wave: torch.Tensor) -> None:
    assert estimate_tempo(wave, RATE).bpm == 0
    assert len(track_beats(wave, RATE)) == 0
    assert onset_density(wave, RATE) == 0


def test_onsets_stand_at_the_clicks_and_agree_with_librosa() -> None:
    wave = clicks(97)
    truth = np.arange(0.3, 14.95, 60 / 97)
    found = onset_times(wave, RATE)
    assert mir_eval.onset.f_measure(truth, found)[0] > 0.95
    theirs = librosa.onset.onset_detect(y=wave[0].numpy(), sr=RATE, units="time")
    assert mir_eval.onset.f_measure(theirs, found)[0] > 0.95
    assert onset_density(wave, RATE) == pytest.approx(97 / 60, rel=0.05)


def test_features_do_not_depend_on_level_or_sample_rate() -> None:
    wave = progression(0, "major")
    np.testing.assert_allclose(onset_envelope(wave, RATE), onset_envelope(0.1 * wave, RATE), atol=1e-3)
    finer = torch.from_numpy(librosa.resample(wave.numpy(), orig_sr=RATE, target_sr=44100))
    assert estimate_tempo(finer, 44100).bpm == pytest.approx(estimate_tempo(wave, RATE).bpm, rel=0.01)


def test_autocorrelation_equals_the_sum() -> None:
    envelope = np.random.default_rng(0).standard_normal(50)
    centred = envelope - envelope.mean()
    expected = [centred[lag:] @ centred[: 50 - lag] / (centred @ centred) / ((50 - lag) / 50) for lag in range(30)]
    np.testing.assert_allclose(autocorrelation(envelope)[:30], expected, atol=1e-9)


def test_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not numbers"):
        estimate_tempo(torch.full((1, 100), float("nan")), RATE)
