"""What a request wants in numbers, section by section."""

from __future__ import annotations

import pytest
import torch

from songloom.audio.clip import Audio
from songloom.conditioning.musical import Musical
from songloom.systems.request import Request
from songloom.systems.wants import named, wants


def test_nothing_is_named_that_was_not_said() -> None:
    assert named(Request(prompt="calm piano")) == [Musical()]
    assert named(Request(prompt="calm piano", tempo=90.0, key="Am", drums=False)) == [Musical(90.0, 21, False)]
    story = ((0.0, "piano, 80 bpm"), (4.0, "drums enter"), (6.0, "160 bpm"))
    first, second, third = named(Request(story=story, seconds=9.0))
    assert (first.tempo, first.drums) == (80.0, None)
    assert (second.tempo, second.drums) == (80.0, True)
    assert (third.tempo, third.drums) == (160.0, None)
    forced = named(Request(story=story, seconds=9.0, tempo=100.0, drums=False))
    assert [(one.tempo, one.drums) for one in forced] == [(100.0, False)] * 3


def test_a_tempo_that_nobody_named_is_drawn_and_stays_through_the_story() -> None:
    story = ((0.0, "calm piano"), (4.0, "drums enter"))
    first, second = wants(Request(story=story), 3)
    assert first.tempo and first.tempo == second.tempo and first.meter == "4/4"
    assert {wants(Request(story=story), seed)[0].tempo for seed in range(9)} != {first.tempo}


def test_a_tempo_that_nobody_named_fits_the_loop() -> None:
    (fitted,) = wants(Request(prompt="calm piano", loop=True, seconds=7.0), 0)
    (drawn,) = wants(Request(prompt="calm piano", seconds=7.0), 0)
    assert fitted.tempo and drawn.tempo
    assert (7.0 * fitted.tempo / 240 + 0.5) % 1 == pytest.approx(0.5, abs=1e-9)
    assert abs(7.0 * (fitted.tempo - drawn.tempo) / 240) <= 0.5
    (said,) = wants(Request(prompt="calm piano, 90 bpm", loop=True, seconds=7.0), 0)
    assert said.tempo == 90.0


def test_audio_that_is_given_keeps_its_own_mode_and_pace() -> None:
    sad = wants(Request(prompt="techno"), 0, "techno", "sad")[0]
    assert sad.key is not None and sad.key >= 12
    sound = Audio(torch.zeros(1, 16_000), 16_000)
    for given in ({"continuation": sound}, {"init": sound}):
        assert wants(Request(prompt="techno", **given), 0, "techno", "sad")[0].key is None  # type: ignore[arg-type]
