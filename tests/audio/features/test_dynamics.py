"""Level and brightness curves from formulas; drums told from chords."""

import math

import pytest
import torch
from synth import RATE, drum_loop, progression

from songloom.audio.features.dynamics import dynamics, spectral_centroid
from songloom.audio.features.percussion import estimate_percussion, split_percussion


def sine(level: float, seconds: float, hertz: float = 1000.0) -> torch.Tensor:
    time = torch.arange(int(RATE * seconds)) / RATE
    return 10 ** (level / 20) * torch.sin(2 * math.pi * hertz * time)[None]


@pytest.mark.parametrize("level", [0.0, -20.0, -50.0])
def test_a_sine_lies_three_decibels_under_its_peak(level: float) -> None:
    curve = dynamics(sine(level, 2.0), RATE)
    assert len(curve) == 100
    torch.testing.assert_close(curve, torch.full_like(curve, level - 3.01), atol=0.1, rtol=0)


def test_a_crescendo_rises_and_silence_is_the_floor() -> None:
    wave = torch.linspace(0.01, 1, 4 * RATE) * sine(0, 4.0)
    assert bool((dynamics(wave, RATE).diff() > 0).all())
    assert bool((dynamics(torch.zeros(2, 1000), RATE) == -80).all())


@pytest.mark.parametrize("hertz", [500.0, 2000.0, 6000.0])
def test_the_centroid_of_a_sine_is_its_frequency(hertz: float) -> None:
    centroid = spectral_centroid(sine(-6, 1.0, hertz), RATE)
    assert float(centroid[5:-5].mean()) == pytest.approx(hertz, rel=0.02)
    assert bool((spectral_centroid(torch.zeros(1, 5000), RATE) == 0).all())


def test_drums_are_heard_and_chords_are_none() -> None:
    drums, chords = estimate_percussion(drum_loop(), RATE), estimate_percussion(progression(0, "major"), RATE)
    assert drums.drums > 0.8
    assert chords.drums < 0.2
    assert drums.ratio > chords.ratio + 0.3
    both = drum_loop() + 2 * progression(0, "major")
    assert estimate_percussion(both, RATE).drums > 0.5
    assert estimate_percussion(torch.zeros(1, RATE), RATE).drums < 0.1


def test_parts_sum_to_the_whole() -> None:
    energy = torch.rand(40, 60, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(sum(split_percussion(energy)), energy)
