"""Candidates are ordered by what is asked of them, or by any other score."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from songloom.audio.clip import Audio
from songloom.conditioning.musical import Musical
from songloom.inference.candidates import agreement, measure, points
from songloom.inference.ranking import Scorer, ranked
from songloom.systems.request import Request

RATE = 16_000


def clicks(tempo: float, seconds: float = 8.0) -> Tensor:
    """Bursts of noise on the beats, low ones every other time, as a drum set has them: [1, T]."""
    time = torch.arange(round(seconds * RATE)) / RATE
    beat = time * tempo / 60
    noise = torch.randn(len(time), generator=torch.Generator().manual_seed(0))
    bass = torch.sin(2 * math.pi * 55 * time)
    kick = bass * torch.exp(-25 * (beat % 1)) * (beat.long() % 2 == 0)
    return (0.5 * kick + 0.25 * noise * torch.exp(-30 * (beat * 2 % 1)))[None]


def chords(seconds: float = 8.0) -> Tensor:
    """A minor, slowly swelling, [1, T]."""
    time = torch.arange(round(seconds * RATE)) / RATE
    notes = (57, 60, 64, 69, 45)
    swell = torch.sin(math.pi * (time % 2) / 2).square()
    return 0.1 * sum(torch.sin(2 * math.pi * 440 * 2 ** ((n - 69) / 12) * time) for n in notes)[None] * swell  # type: ignore[index]


SLOW, FAST, CALM = Audio(clicks(90), RATE), Audio(clicks(140), RATE), Audio(chords(), RATE)


def rank(made: Sequence[Audio], request: Request, scorer: Scorer = agreement) -> list[Tensor]:
    """Their waves, the best first."""
    return [audio.wave for audio in ranked(made, request, scorer)]


def test_the_tempo_that_is_asked_comes_first_by_field_or_by_words() -> None:
    for request in (Request(tempo=140.0), Request(prompt="house, 140 bpm"), Request(story=((0.0, "140 bpm"),))):
        assert rank([SLOW, FAST, CALM], request)[0] is FAST.wave
    assert rank([FAST, SLOW], Request(tempo=90.0))[0] is SLOW.wave


def test_the_key_and_the_drums_that_are_asked_come_first() -> None:
    assert measure(CALM)["key"] == "A minor"
    assert rank([FAST, CALM], Request(key="Am"))[0] is CALM.wave
    assert rank([FAST, CALM], Request(prompt="no drums"))[0] is CALM.wave
    assert rank([CALM, FAST], Request(drums=True))[0] is FAST.wave
    assert measure(FAST)["drums"] > 0.5 > measure(CALM)["drums"]


def test_a_loop_whose_seam_is_not_heard_comes_first() -> None:
    cut = Audio(CALM.wave[:, : round(7.3 * RATE)], RATE)  # from the middle of a swell to its beginning
    request = Request(loop=True)
    assert rank([cut, CALM], request)[0] is CALM.wave
    assert agreement(CALM, request) == pytest.approx(agreement(cut, request) + 1, abs=0.01)
    assert rank([cut, CALM], Request(tempo=measure(cut)["tempo"], drums=False))[0] is cut.wave


def test_each_section_of_a_story_is_measured_where_it_is() -> None:
    story = ((0.0, "calm pads, no drums"), (8.0, "drums enter"))
    request = Request(story=story, seconds=16.0)
    right = Audio(torch.cat([CALM.wave, FAST.wave], -1), RATE)
    wrong = Audio(torch.cat([FAST.wave, CALM.wave], -1), RATE)
    assert rank([wrong, right], request)[0] is right.wave
    assert agreement(right, request) > agreement(wrong, request) + 0.5


def test_each_thing_asked_is_a_point() -> None:
    heard = {"tempo": 120.0, "tempo_strength": 1.0, "key": "A minor", "drums": 1.0, "loudness": -14.0}
    assert points(heard, Musical()) == 0.01
    assert points(heard, Musical(tempo=120.0, key=21, drums=True)) == 3.01
    assert points(heard, Musical(tempo=60.0)) == 0.51
    assert points(heard, Musical(drums=False)) == 0.01
    assert points(heard | {"key": None}, Musical(key=21)) == 0.01


def test_any_score_can_order_and_equals_keep_their_order() -> None:
    assert rank([SLOW, CALM, FAST], Request(), lambda audio, _: float(audio is CALM))[0] is CALM.wave
    assert rank([SLOW, CALM, FAST], Request(), lambda *_: 0.0) == [SLOW.wave, CALM.wave, FAST.wave]


def test_only_what_is_asked_is_measured_and_as_it_is_measured_with_all() -> None:
    whole = measure(CALM)
    assert set(whole) == {"tempo", "tempo_strength", "key", "drums", "loudness"}
    for asked, names in ((Musical(), set()), (Musical(key=9), {"key"}), (Musical(drums=True, tempo=90.0), {"drums"})):
        found = measure(CALM, asked)
        assert set(found) == {"tempo", "tempo_strength"} | names
        assert found == {name: whole[name] for name in found}
        assert points(found, asked) == points(whole, asked)
