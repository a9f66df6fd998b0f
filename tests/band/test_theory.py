"""Scales, chord spellings, symbols and voice leading against brute force and textbook facts."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songloom.band.piece import Chord
from songloom.band.theory import (
    MODES,
    QUALITIES,
    chord_symbol,
    chord_tones,
    essential_tones,
    fold,
    nearest,
    scale,
    voice,
)


def chord(root: int, quality: str, bass: int | None = None) -> Chord:
    return Chord(0.0, 4.0, root, quality, root if bass is None else bass)


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_has_seven_rising_degrees_within_an_octave(mode: str) -> None:
    degrees = MODES[mode]
    assert len(degrees) == 7
    assert degrees[0] == 0
    assert all(lower < upper < 12 for lower, upper in pairwise(degrees))


def test_the_church_modes_are_rotations_of_the_major_scale() -> None:
    for place, mode in ((1, "dorian"), (2, "phrygian"), (3, "lydian"), (4, "mixolydian"), (5, "minor")):
        major = MODES["major"]
        rotated = tuple((major[(place + step) % 7] - major[place]) % 12 for step in range(7))
        assert rotated == MODES[mode]


def test_a_scale_starts_on_its_tonic_and_an_unknown_mode_is_named() -> None:
    assert scale(9, "minor") == (9, 11, 0, 2, 4, 5, 7)
    with pytest.raises(ValueError, match="locrian"):
        scale(0, "locrian")


def test_a_dominant_ninth_on_g_is_g_b_d_f_a() -> None:
    assert chord_tones(chord(7, "dom9")) == (7, 11, 2, 5, 9)


def test_symbols_read_as_on_a_lead_sheet() -> None:
    assert chord_symbol(chord(9, "min7", 7)) == "Am7/G"
    assert chord_symbol(chord(0, "maj")) == "C"
    assert chord_symbol(chord(3, "maj7")) == "Ebmaj7"
    assert chord_symbol(chord(7, "dom13")) == "G13"
    assert chord_symbol(chord(4, "5")) == "E5"


def test_all_symbols_of_one_root_differ() -> None:
    assert len({chord_symbol(chord(0, quality)) for quality in QUALITIES}) == len(QUALITIES)


@given(st.integers(0, 11), st.floats(20, 110))
def test_nearest_is_at_most_a_tritone_away_and_of_the_class(pitch_class: int, around: float) -> None:
    found = nearest(pitch_class, around)
    assert found % 12 == pitch_class
    assert abs(found - around) <= 6.0


@given(st.integers(0, 127), st.integers(20, 90), st.integers(11, 40))
def test_folding_keeps_the_class_and_lands_inside(pitch: int, low: int, width: int) -> None:
    found = fold(pitch, low, low + width)
    assert found % 12 == pitch % 12
    assert low <= found <= low + width


def test_the_third_and_the_seventh_survive_when_voices_are_few() -> None:
    assert set(essential_tones(chord(0, "dom13"), 2)) == {4, 10}


@given(st.integers(0, 11), st.sampled_from(sorted(QUALITIES)), st.integers(2, 5))
def test_a_voicing_is_made_of_chord_tones_in_range_without_repeats(root: int, quality: str, count: int) -> None:
    what = chord(root, quality)
    pitches = voice(what, None, 48, 76, count)
    inside = [pitch for pitch in range(48, 77) if pitch % 12 in essential_tones(what, count)]
    assert len(pitches) == min(count, len(inside))
    assert list(pitches) == sorted(set(pitches))
    assert all(48 <= pitch <= 76 and pitch % 12 in chord_tones(what) for pitch in pitches)
    assert set(essential_tones(what, count)) <= {pitch % 12 for pitch in pitches}


def test_c_to_f_keeps_the_common_tone_and_moves_the_others_by_step() -> None:
    assert voice(chord(5, "maj"), (55, 60, 64), 48, 76, 3) == (57, 60, 65)


@given(st.integers(0, 11), st.integers(0, 11))
def test_no_complete_triad_voicing_moves_less(first: int, second: int) -> None:
    before = voice(chord(first, "min"), None, 50, 74, 3)
    after = voice(chord(second, "maj"), before, 50, 74, 3)
    tones = chord_tones(chord(second, "maj"))
    complete = [
        pitches
        for pitches in combinations([pitch for pitch in range(50, 75) if pitch % 12 in tones], 3)
        if {pitch % 12 for pitch in pitches} == set(tones)
    ]

    def moved(pitches: tuple[int, ...]) -> int:
        return sum(abs(new - old) for new, old in zip(pitches, before, strict=True))

    wide = max(upper - lower for lower, upper in pairwise(after))
    assert moved(after) <= min(moved(pitches) for pitches in complete) + max(0, 12 - wide)


def test_the_leading_tone_of_a_dominant_is_not_doubled() -> None:
    pitches = voice(chord(7, "maj"), (59, 62, 67, 71), 52, 79, 4)
    assert sum(pitch % 12 == 11 for pitch in pitches) == 1
