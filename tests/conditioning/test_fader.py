"""The fader: exact within its reach, no further, still where nothing is asked, and closed on a loop."""

from __future__ import annotations

import math

import pytest
import torch

from songloom.audio.clip import Audio
from songloom.conditioning import fader
from songloom.conditioning.curve_errors import curve_error
from songloom.conditioning.curves import Curve

RATE, SECONDS = 8000, 8.0


def noise(swing: float = 0.0) -> torch.Tensor:
    """Even noise [2, T] whose level goes up and down by `swing` dB twice in its length."""
    torch.manual_seed(0)
    time = torch.arange(round(SECONDS * RATE)) / RATE
    return 0.05 * torch.randn(2, len(time)) * 10 ** (swing * torch.sin(4 * math.pi * time / SECONDS) / 20)


def asked(depth: float) -> Curve:
    return Curve.drawn("dynamics", lambda second: -30 + depth * math.cos(2 * math.pi * second / SECONDS), SECONDS)


def error(wave: torch.Tensor, curve: Curve) -> float:
    return curve_error(curve, Curve.of_audio("dynamics", Audio(wave, RATE)))


def test_levels_within_its_reach_are_met() -> None:
    curve = asked(8.0)
    assert error(noise(), curve) > 4.0
    assert error(fader.faded(noise(), RATE, curve), curve) < 0.5


def test_what_the_music_does_by_itself_is_taken_back() -> None:
    flat = Curve.drawn("dynamics", lambda second: -20.0, SECONDS)
    assert error(noise(6.0), flat) > 3.0
    assert error(fader.faded(noise(6.0), RATE, flat), flat) < 0.5


def test_no_gain_is_further_from_the_usual_one_than_its_reach() -> None:
    found = fader.gains(noise(), RATE, asked(30.0))
    assert found.abs().max() <= fader.MOST_DECIBELS + 1e-4
    assert found.max() > 11.9 and found.min() < -11.9


def test_one_gain_for_all_of_the_curve_changes_nothing() -> None:
    first, second = (fader.gains(noise(), RATE, Curve("dynamics", asked(8.0).values + up)) for up in (0.0, -7.0))
    torch.testing.assert_close(first, second, rtol=0, atol=1e-4)


def test_where_nothing_is_asked_samples_stay() -> None:
    curve = asked(8.0)
    first = Curve("dynamics", curve.values, torch.arange(curve.frames) < curve.frames // 2)
    made = fader.faded(noise(), RATE, first)
    beyond = round((SECONDS / 2 + 0.2) * RATE)
    assert torch.equal(made[:, beyond:], noise()[:, beyond:]) and not torch.equal(made, noise())


def test_the_gain_has_no_jump_where_the_curve_ends() -> None:
    curve = asked(30.0)
    part = Curve("dynamics", curve.values, torch.arange(curve.frames) < curve.frames // 3)
    steps = fader.gains(noise(), RATE, part).diff().abs()
    assert steps.max() <= 2 * fader.MOST_DECIBELS / fader.SMOOTHED_FRAMES + 1e-4


def test_what_would_clip_is_all_made_quieter() -> None:
    loud = noise() / noise().abs().max()
    made = fader.faded(loud, RATE, asked(8.0))
    assert made.abs().max() == pytest.approx(1.0)
    assert error(made, asked(8.0)) < 0.5


def test_silence_stays_silence() -> None:
    assert not fader.faded(torch.zeros(1, 4000), RATE, asked(8.0)).any()


def test_a_loop_s_gain_goes_on_from_its_end_to_its_beginning() -> None:
    rising = noise() * torch.logspace(-0.3, 0.3, round(SECONDS * RATE))  # by 12 dB, and back at once
    flat = Curve.drawn("dynamics", lambda second: -20.0, SECONDS)

    def jump(made: torch.Tensor) -> float:
        first, last = (made[0, place] / rising[0, place] for place in (0, -1))
        return abs(20 * math.log10(float(first / last)))

    assert jump(fader.faded(rising, RATE, flat)) > 10.0
    assert jump(fader.faded_circle(rising, RATE, flat)) < 0.2
    assert fader.faded_circle(rising, RATE, flat).shape == rising.shape


def test_only_dynamics_are_followed() -> None:
    with pytest.raises(ValueError, match="a fader follows dynamics, not rhythm"):
        fader.gains(noise(), RATE, Curve.of_values("rhythm", [1.0, 0.0]))
