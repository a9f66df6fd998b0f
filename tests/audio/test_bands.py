"""The colour of a sound: a sine is in its band, noise has none, loudness and length do not matter."""

from __future__ import annotations

import math

import pytest
import torch

from songloom.audio.bands import BANDS, LOWEST, TO_AN_OCTAVE, colour, place

RATE = 32_000


@pytest.mark.parametrize("band", [1, 6, 12, 16])
def test_a_sine_is_loudest_in_its_band(band: int) -> None:
    hertz = LOWEST * 2 ** ((band + 0.5) / TO_AN_OCTAVE)
    assert float(place(torch.tensor(hertz))) == pytest.approx(band + 0.5, abs=1e-4)
    wave = torch.sin(2 * math.pi * hertz * torch.arange(RATE) / RATE)[None]
    assert int(colour(wave, RATE).argmax()) == band


def test_white_noise_has_no_colour_and_an_octave_s_tilt_is_heard() -> None:
    noise = torch.randn(2, 20 * RATE, generator=torch.Generator().manual_seed(0))
    assert colour(noise, RATE).abs().max() < 0.6
    rising = torch.fft.irfft(torch.fft.rfft(noise) * torch.arange(10 * RATE + 1).clamp_min(1).sqrt())
    slope = colour(rising, RATE).diff()[4:]
    torch.testing.assert_close(slope, torch.full_like(slope, 1.5), atol=0.4, rtol=0)


def test_loudness_and_repetition_do_not_matter() -> None:
    wave = torch.randn(1, RATE, generator=torch.Generator().manual_seed(1)).cumsum(-1)
    once = colour(wave, RATE)
    assert once.shape == (BANDS,) and float(once.mean()) == pytest.approx(0, abs=1e-9)
    torch.testing.assert_close(colour(0.01 * wave, RATE), once, atol=1e-3, rtol=0)


def test_silence_and_the_shortest_sounds_have_colours_and_nothing_has_none() -> None:
    assert torch.equal(colour(torch.zeros(1, RATE), RATE), torch.zeros(BANDS, dtype=torch.float64))
    assert colour(torch.ones(1, 5), 8_000).isfinite().all()
    with pytest.raises(ValueError, match="no colour"):
        colour(torch.zeros(1, 0), RATE)
