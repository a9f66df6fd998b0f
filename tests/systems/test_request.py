"""A request holds only what makes sense, and says so in one line when it does not."""

from __future__ import annotations

import math

import pytest
import torch

from songloom.audio.clip import Audio
from songloom.systems.request import Request, normal_key


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
