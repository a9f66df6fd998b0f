"""Levels that a request asks for are met by whatever model takes them, and streamed the same."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch

from songloom.audio.clip import Audio
from songloom.conditioning.curve_errors import control_errors
from songloom.conditioning.curves import Curve
from songloom.systems import registry
from songloom.systems.controls import at_levels, curve_of
from songloom.systems.request import Request

SECONDS = 3.0
SWELL = Curve.drawn("dynamics", lambda second: -30 + 8 * math.cos(2 * math.pi * second / SECONDS), SECONDS)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("loop", [False, True])
def test_a_model_that_follows_nothing_yet_meets_its_levels(loop: bool) -> None:
    torch.manual_seed(0)
    system = registry.presets()["flow-tiny"].build().eval()
    free = Request(prompt="calm piano", seconds=SECONDS, steps=1, loop=loop)
    asked = dataclasses.replace(free, dynamics=SWELL)
    made = system.generate(asked)
    errors = [
        control_errors({"dynamics": SWELL}, Audio(wave[0], system.sample_rate))["dynamics"]
        for wave in (made, system.generate(free))
    ]
    assert errors[0] < 0.25 * errors[1]
    assert made.shape[-1] == round(SECONDS * system.sample_rate)
    assert torch.equal(torch.cat(list(system.stream(asked)), dim=-1), made)


def test_a_recording_s_own_levels_are_met() -> None:
    torch.manual_seed(0)
    noise = 0.05 * torch.randn(1, 24_000)
    loud = Audio(noise * torch.logspace(-0.4, 0.4, 24_000), 8_000)
    made = at_levels(noise.flip(-1)[None], 8_000, Request(seconds=SECONDS, dynamics=loud))[0]
    assert control_errors({"dynamics": Curve.of_audio("dynamics", loud)}, Audio(made, 8_000))["dynamics"] < 0.5


def test_where_audio_is_to_stay_as_it_is_no_sample_changes() -> None:
    audio = Audio(0.1 * torch.randn(1, 8_000), 8_000)
    wave = 0.1 * torch.randn(1, 1, 24_000)
    for kept in ({"continuation": audio}, {"init": audio, "inpaint": ((0.0, 0.5),)}):
        request = Request(seconds=SECONDS, dynamics=SWELL, **kept)
        assert torch.equal(at_levels(wave, 8_000, request), wave)
    assert not torch.equal(at_levels(wave, 8_000, Request(seconds=SECONDS, dynamics=SWELL)), wave)


def test_a_recording_without_a_beat_is_no_rhythm_but_may_be_a_melody() -> None:
    struck = torch.zeros(1, 32_000)
    struck[0, 1_000] = 0.9  # one moment alone is no beat
    request = Request(seconds=2.0, melody=Audio(struck, 16_000), rhythm=Audio(struck, 16_000))
    assert curve_of(request, "melody") is not None
    with pytest.raises(ValueError, match="rhythm: no beat is heard in the recording"):
        curve_of(request, "rhythm")
