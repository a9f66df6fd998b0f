"""Agreement of measured and asked tempo and key, against mir_eval and by hand."""

from __future__ import annotations

import itertools

import mir_eval
import pytest

from songloom.audio.agreement import key_score, parse_key, tempo_agrees

TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
KEYS = [f"{tonic} {mode}" for tonic in TONICS for mode in ("major", "minor")]


def test_the_key_score_is_the_weighted_score_of_mir_eval() -> None:
    for measured, asked in itertools.product(KEYS, KEYS):
        assert key_score(measured, asked) == mir_eval.key.weighted_score(asked, measured)


def test_a_tempo_agrees_within_four_percent_and_octaves_only_when_allowed() -> None:
    assert tempo_agrees(123.0, 120.0)
    assert not tempo_agrees(126.0, 120.0)
    assert not tempo_agrees(60.0, 120.0)
    assert tempo_agrees(60.0, 120.0, octaves=True)
    assert not tempo_agrees(90.0, 120.0, octaves=True)


def test_other_spellings_of_a_key_are_refused() -> None:
    assert parse_key("Cb major") == (11, False)
    for bad in ("", "H minor", "A", "a minor", "A dorian"):
        with pytest.raises(ValueError, match="spelled"):
            parse_key(bad)
