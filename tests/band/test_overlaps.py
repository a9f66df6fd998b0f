"""No key is struck while it still sounds."""

import random

import pytest

from songloom.band import basslines, comping, drums
from songloom.band.overlaps import without_overlaps
from songloom.band.piece import METERS, Chord, Note, Section

FORM = (Section("A", 0, 8, 0.6), Section("B", 8, 4, 0.95))
CHORDS = [Chord(4.0 * bar, 4.0, *((9, "min7", 9), (5, "maj7", 5), (0, "maj", 4))[bar % 3]) for bar in range(12)]


def overlapping(notes: list[Note]) -> int:
    ends: dict[int, float] = {}
    count = 0
    for note in sorted(notes):
        count += note.start < ends.get(note.pitch, 0.0) - 1e-9
        ends[note.pitch] = note.start + note.length
    return count


def test_a_long_note_ends_before_its_pitch_returns() -> None:
    notes = without_overlaps([Note(0.0, 4.0, 60, 80), Note(1.0, 1.0, 60, 80), Note(0.0, 4.0, 64, 80)])
    assert notes[0].length == pytest.approx(0.98)
    assert [note.length for note in notes[1:]] == [4.0, 1.0]


def test_of_two_strokes_at_once_the_louder_stays() -> None:
    assert without_overlaps([Note(0.0, 1.0, 60, 50), Note(0.0, 1.0, 60, 90)]) == [Note(0.0, 1.0, 60, 90)]


def test_no_player_strikes_a_sounding_key() -> None:
    meter, rng = METERS["4/4"], random.Random(3)
    for groove in drums.GROOVES:
        assert overlapping(drums.play(groove, FORM, meter, rng)) == 0, groove
    for line in basslines.LINES:
        assert overlapping(basslines.play(line, CHORDS, FORM, meter, (), rng, 28, 52)) == 0, line
    for figure in comping.FIGURES:
        assert overlapping(comping.play(figure, CHORDS, FORM, meter, rng, 43, 79)) == 0, figure
