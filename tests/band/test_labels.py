import json

import pytest

from songloom.band.composer import compose, draw
from songloom.band.labels import labels
from songloom.band.piece import METERS, Chord, Note, Part, Piece, Section


def a_piece(tempo: float = 120.0) -> Piece:
    """Two bars of 3/4: a melody of two notes, a louder bass, a silent guitar."""
    melody = Part("lead", "melody", "flute", (Note(3.0, 1.5, 72, 40), Note(0.0, 1.0, 69, 80)))
    bass = Part("low", "bass", "upright bass", (Note(0.0, 3.0, 45, 100),))
    silent = Part("silent", "chords", "nylon guitar", ())
    sections = (Section("A", 0, 1, 0.4), Section("B", 1, 1, 0.8))
    chords = (Chord(0.0, 3.0, 9, "min7", 9), Chord(3.0, 3.0, 2, "maj", 6))
    return Piece(1, "folk", "sad", tempo, METERS["3/4"], 9, "minor", 0.0, sections, chords, (silent, bass, melody))


def test_times_are_beats_over_tempo() -> None:
    known = labels(a_piece(90.0))
    assert known["beats"] == pytest.approx([n * 60 / 90 for n in range(6)], abs=1e-4)
    assert known["downbeats"] == pytest.approx([0.0, 2.0])
    assert known["chords"] == [[0.0, 2.0, "Am7"], [2.0, 4.0, "D/F#"]]
    assert known["sections"] == [[0.0, 2.0, "A", 0.4], [2.0, 4.0, "B", 0.8]]
    assert known["melody"] == [[0.0, 0.6667, 69], [2.0, 3.0, 72]]


def test_only_parts_that_play_are_listed_the_melody_first() -> None:
    known = labels(a_piece())
    assert known["instruments"] == ["flute", "double bass"]
    assert known["families"] == ["woodwind", "bass"]
    assert known["drums"] is False


def test_dynamics_are_the_mean_velocity_of_each_section() -> None:
    assert [row[3] for row in labels(a_piece())["dynamics"]] == pytest.approx([90 / 127, 40 / 127], abs=1e-3)


def test_the_key_is_told_as_text_and_as_numbers() -> None:
    known = labels(a_piece())
    assert (known["key"], known["tonic"], known["mode"]) == ("A minor", 9, "minor")


def test_every_label_is_plain_json() -> None:
    for seed in range(10):
        known = labels(draw(seed))
        assert json.loads(json.dumps(known, allow_nan=False)) == known


def test_labels_lie_within_the_piece() -> None:
    piece = compose(3, style="pop")
    known = labels(piece)
    assert known["chords"][-1][1] == pytest.approx(piece.seconds, abs=1e-3)
    assert known["sections"][-1][1] == pytest.approx(piece.seconds, abs=1e-3)
    assert len(known["downbeats"]) == piece.bars and known["beats"][-1] < piece.seconds
