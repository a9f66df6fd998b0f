"""A request holds only what makes sense, and says so in one line when it does not."""

from __future__ import annotations

import math

import pytest

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
