"""A request holds only what makes sense, and says so in one line when it does not."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch

from songloom.audio.clip import Audio
from songloom.conditioning.notes import normal_key
from songloom.systems.request import Request


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Am", "A minor"),
        ("a minor", "A minor"),
        ("A", "A major"),
        ("AM", "A major"),
        ("f# maj", "F# major"),
        ("Bb min", "Bb minor"),
        ("E♭", "Eb major"),
        ("c#m", "C# minor"),
    ],
)
def test_every_usual_spelling_of_a_key_is_understood(text: str, key: str) -> None:
    assert normal_key(text) == key
    assert Request(key=text).key == key


@pytest.mark.parametrize("text", ["", "H", "A flat major please", "12", "Amm", "🎵"])
def test_other_keys_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="key"):
        normal_key(text)


@pytest.mark.parametrize("seconds", [0, -1, math.nan, math.inf, 1e9, "ten", True])
def test_impossible_lengths_are_refused(seconds: object) -> None:
    with pytest.raises(ValueError, match="seconds must be"):
        Request(seconds=seconds)  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["seed", "top_k", "candidates", "steps"])
@pytest.mark.parametrize("value", [-1, 1.5, "x"])
def test_counts_are_whole_and_in_range(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{field} must be a whole number"):
        Request(**{field: value})  # type: ignore[arg-type]


def test_a_field_that_the_system_does_not_use_is_refused_with_those_it_uses() -> None:
    request = Request(prompt="x", steps=5, tempo=120.0)
    with pytest.raises(ValueError, match="toy does not use steps; it uses: guidance, tempo"):
        request.check(frozenset({"tempo", "guidance"}), "toy")
    Request(prompt="x", tempo=120.0).check(frozenset({"tempo"}), "toy")


def test_a_negative_prompt_without_guidance_is_refused_as_nothing_would_come_of_it() -> None:
    with pytest.raises(ValueError, match="negative_prompt is heard by guidance, and guidance 1 is off"):
        Request(prompt="x", negative_prompt="noise", guidance=1.0)
    assert Request(prompt="x", negative_prompt="", guidance=1.0).negative_prompt == ""


def audio(seconds: float = 4.0) -> Audio:
    return Audio(torch.zeros(1, round(seconds * 100)), 100)


def test_regions_come_in_order_and_pairs_of_any_kind_are_taken() -> None:
    request = Request(init=audio(), seconds=4.0, inpaint=[[2, 3.5], (0.0, 1.0)])  # type: ignore[arg-type, list-item]
    assert request.inpaint == ((0.0, 1.0), (2.0, 3.5))


@pytest.mark.parametrize(
    ("regions", "said"),
    [
        (((3.0, 5.0),), "from 0 to 4, not 5"),
        (((-1.0, 2.0),), "from 0 to 4, not -1"),
        (((2.0, 2.0),), "must end after"),
        (((0.0, 2.0), (1.0, 3.0)), "overlap at 1"),
        (((0.0, math.nan),), "must be a number"),
        ((1.0, 2.0), "pairs of seconds"),
        ("0-2", "pairs of seconds"),
    ],
)
def test_regions_that_cannot_be_are_refused(regions: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Request(init=audio(), seconds=4.0, inpaint=regions)  # type: ignore[arg-type]


def test_a_region_after_the_end_of_the_audio_is_refused() -> None:
    assert Request(init=audio(2.0), seconds=4.0, inpaint=((1.0, 4.0),)).inpaint == ((1.0, 4.0),)
    with pytest.raises(ValueError, match="goes from 2 to 3 s; init is 2 s long"):
        Request(init=audio(2.0), seconds=4.0, inpaint=((0.0, 1.0), (2.0, 3.0)))


def test_what_changes_audio_needs_it() -> None:
    for asked in ({"inpaint": ((0.0, 1.0),)}, {"init_strength": 0.5}):
        with pytest.raises(ValueError, match="needs init"):
            Request(seconds=4.0, **asked)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="Audio.load"):
        Request(init="song.wav")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="empty"):
        Request(continuation=audio(0.0))
    with pytest.raises(ValueError, match="not finite"):
        Request(init=Audio(torch.full((1, 8), math.nan), 100))


def test_a_continuation_leaves_something_to_make() -> None:
    assert Request(continuation=audio(4.0), seconds=4.5).continuation is not None
    with pytest.raises(ValueError, match="continuation is 4 s long"):
        Request(continuation=audio(4.0), seconds=4.0)


def test_a_story_comes_in_order_and_the_prompt_holds_throughout() -> None:
    request = Request(prompt="lo-fi", seconds=30, story=[[15, "drums enter"], (0, "calm piano")])  # type: ignore[arg-type, list-item]
    assert request.story == ((0.0, "calm piano"), (15.0, "drums enter"))
    assert request.sections == ((0.0, "lo-fi, calm piano"), (15.0, "lo-fi, drums enter"))
    assert Request(prompt="lo-fi", story=((5.0, "harp"),)).sections == ((0.0, "lo-fi"), (5.0, "lo-fi, harp"))
    assert Request(prompt="lo-fi").sections == ((0.0, "lo-fi"),)


@pytest.mark.parametrize(
    ("story", "said"),
    [
        (((0.0, "a"), (10.0, "b")), "begins at 10 s; the piece ends at 10 s"),
        (((-1.0, "a"),), "0 or more seconds, not -1"),
        (((math.nan, "a"),), "0 or more seconds, not nan"),
        ((("0", "a"),), "0 or more seconds, not '0'"),
        (((0.0, " "),), "is words, not ' '"),
        (((0.0, 5),), "is words, not 5"),
        (((0.0, "a"), (0.0, "b")), "two sections at 0 s"),
        (((3.0, "a"),), "begins at 3 s; a prompt, or a section at 0"),
        ("calm", "pairs of seconds and words"),
        ((1.0, "a"), "pairs of seconds and words"),
    ],
)
def test_a_story_that_cannot_be_is_refused(story: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Request(story=story)  # type: ignore[arg-type]


def test_bars_are_as_long_as_the_tempo_and_the_meter_make_them() -> None:
    assert Request(bars=8, tempo=120.0).seconds == 16.0
    assert Request(prompt="house, 93 bpm", bars=7).seconds == 7 * 4 * 60 / 93
    assert Request(prompt="a waltz", bars=8, tempo=90.0).seconds == 8 * 3 * 60 / 90
    assert Request(prompt="harp", story=((0.0, "100 bpm"),), bars=4).seconds == 4 * 4 * 60 / 100
    again = Request(bars=8, tempo=120.0, seconds=16.0)
    assert dataclasses.replace(again, seed=4).seconds == 16.0
    with pytest.raises(ValueError, match="give a tempo"):
        Request(bars=8)
    with pytest.raises(ValueError, match="8 bars at 120 bpm last 16 s, not 20"):
        Request(bars=8, tempo=120.0, seconds=20.0)
    for bars in (0, -1, 1.5, True):
        with pytest.raises(ValueError, match="bars must be a whole number"):
            Request(bars=bars, tempo=120.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="seconds must be from 0.1 to 3600"):
        Request(bars=2000, tempo=20.0)


def test_bars_are_for_all_but_their_tempo_as_a_number_is_for_those_that_hear_it() -> None:
    Request(prompt="house, 120 bpm", bars=8).check(frozenset(), "toy")
    Request(bars=8, tempo=120.0).check(frozenset({"bars"}), "toy")
    Request(bars=8, tempo=120.0).check(frozenset({"tempo"}), "toy")
    for request, uses in ((Request(bars=8, tempo=120.0), ()), (Request(tempo=120.0), ("bars",))):
        with pytest.raises(ValueError, match="toy does not use tempo"):
            request.check(frozenset(uses), "toy")


def test_a_loop_has_a_lead_of_a_bar_or_half_a_slow_one() -> None:
    assert Request(tempo=120.0).lead_seconds == 0.0
    assert Request(loop=True, tempo=120.0).lead_seconds == 2.0
    assert Request(loop=True, tempo=40.0).lead_seconds == 3.0
    assert Request(loop=True).lead_seconds == 2.0
    with pytest.raises(ValueError, match="a loop begins with its own end"):
        Request(loop=True, continuation=audio(1.0))


@pytest.mark.parametrize("control", ["melody", "dynamics", "rhythm"])
def test_a_recording_that_is_silent_while_the_piece_lasts_is_no_curve(control: str) -> None:
    wave = torch.zeros(2, 24_000)
    wave[:, 16_000:] = 0.1 * torch.randn(2, 8_000)
    with pytest.raises(ValueError, match=f"{control} is a recording that is silent in the 2 s of the piece"):
        Request(seconds=2.0, **{control: Audio(wave, 8_000)})  # type: ignore[arg-type]
    Request(seconds=3.0, **{control: Audio(wave, 8_000)})  # type: ignore[arg-type]


@pytest.mark.parametrize("half", ["caf\udce9", "\ud83d harp"])
def test_halves_of_letters_are_no_words(half: str) -> None:
    asked = ({"prompt": half}, {"negative_prompt": half}, {"story": [(0, half)]})
    for fields in asked:
        with pytest.raises(ValueError, match=r"holds '\\ud[0-9a-f]{3}', which is no letter: text is UTF-8"):
            Request(**fields)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="negative_prompt must be text, not int"):
        Request(negative_prompt=5)  # type: ignore[arg-type]
