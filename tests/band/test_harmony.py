"""Roman numerals, chord scales and the chord sequence of a form."""

from __future__ import annotations

import random

import pytest

from songloom.band.harmony import (
    GENERIC,
    chord_scale,
    coloured_scale,
    fit,
    harmonise,
    parse_bars,
    parse_numeral,
)
from songloom.band.piece import METERS, Section
from songloom.band.styles.style import Palette
from songloom.band.styles.table import STYLES
from songloom.band.theory import MODES

SECTIONS = (Section("verse", 0, 4, 0.5), Section("chorus", 4, 4, 0.8), Section("verse", 8, 4, 0.6))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I", (0, "maj", 0)),
        ("ii7", (2, "min7", 2)),
        ("V7/3", (7, "dom7", 11)),
        ("bVII", (10, "maj", 10)),
        ("#ivo7", (6, "dim7", 6)),
        ("iih7", (2, "min7b5", 2)),
        ("bVImaj7", (8, "maj7", 8)),
        ("i5", (0, "5", 0)),
        ("II/P", (2, "maj", 0)),
        ("V7sus4", (7, "7sus4", 7)),
    ],
)
def test_numerals_in_c_are_the_chords_of_the_textbook(text: str, expected: tuple[int, str, int]) -> None:
    assert parse_numeral(text, 0) == expected


def test_a_numeral_moves_with_its_tonic() -> None:
    for tonic in range(12):
        assert parse_numeral("V7/3", tonic) == ((tonic + 7) % 12, "dom7", (tonic + 11) % 12)


@pytest.mark.parametrize("text", ["H", "Iwrong", "", "I/4", "VIII"])
def test_what_is_no_numeral_is_named_in_the_error(text: str) -> None:
    with pytest.raises(ValueError, match="chord"):
        parse_numeral(text, 0)


def test_a_percent_sign_repeats_the_bar_and_an_empty_bar_is_refused() -> None:
    assert parse_bars("I | % | ii7 V7") == (("I",), ("I",), ("ii7", "V7"))
    with pytest.raises(ValueError, match="empty bar"):
        parse_bars("I | | V")


def test_every_progression_of_every_style_parses_and_its_mode_exists() -> None:
    for style in STYLES.values():
        for palette in style.palettes:
            assert palette.mode in MODES
            for text in (*palette.loops, *palette.choruses, palette.cadence, palette.home):
                for bar in parse_bars(text):
                    for numeral in bar:
                        parse_numeral(numeral, 5)


def test_the_scale_of_a_diatonic_chord_is_the_key_and_a_foreign_tone_replaces_its_neighbour() -> None:
    assert chord_scale(0, "major", (7, 11, 2, 5)) == (0, 2, 4, 5, 7, 9, 11)
    assert chord_scale(9, "minor", (4, 8, 11, 2)) == (0, 2, 4, 5, 8, 9, 11) or 8 in chord_scale(9, "minor", (4, 8, 11))
    assert 7 not in chord_scale(9, "minor", (4, 8, 11))


def test_a_pentatonic_over_the_tonic_has_five_notes_and_phrygian_keeps_seven() -> None:
    assert coloured_scale(0, "major", (0, 4, 7), "pentatonic") == (0, 2, 4, 7, 9)
    assert len(coloured_scale(0, "phrygian", (0, 3, 7), "pentatonic")) == 7


def test_fitting_repeats_a_progression_and_cuts_it() -> None:
    assert fit((("I",), ("V",)), 5) == [("I",), ("V",), ("I",), ("V",), ("I",)]


@pytest.mark.parametrize("meter", METERS.values(), ids=METERS)
def test_chords_cover_the_form_without_gap_or_overlap(meter) -> None:
    for seed, palette in enumerate(GENERIC.values()):
        chords = harmonise(palette, SECTIONS, meter, 3, random.Random(seed), turns=0.5, ends=bool(seed % 2))
        position = 0.0
        for chord in chords:
            assert chord.start == pytest.approx(position)
            position += chord.length
        assert position == pytest.approx(12 * meter.beats)


def test_a_returning_section_has_the_same_chords_until_the_close() -> None:
    palette = Palette("major", 1, ("I | V | vi | IV",), ("IV | V | I | I",))
    chords = harmonise(palette, SECTIONS, METERS["4/4"], 0, random.Random(0), turns=0.0, ends=False)
    assert [chord.root for chord in chords[:4]] == [chord.root for chord in chords[8:]]
    assert [chord.root for chord in chords[4:8]] == [5, 7, 0, 0]


def test_a_closing_piece_ends_on_its_home_chord_after_the_cadence() -> None:
    chords = harmonise(GENERIC["harmonic minor"], SECTIONS, METERS["4/4"], 9, random.Random(1), turns=0.5, ends=True)
    assert (chords[-1].root, chords[-1].quality) == (9, "min")
    assert (chords[-2].root, chords[-2].quality) == (4, "dom7")
