"""Curves as words, JSON and CSV: all forms against what they say, and what is wrong with a wrong one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from songloom.conditioning.curve_errors import beats_of
from songloom.conditioning.curve_texts import read_curve
from songloom.conditioning.curves import RATE, Curve
from songloom.conditioning.notes import chord_classes, pitch_class


def written(folder: Path, data: object, name: str = "curve.json") -> str:
    path = folder / name
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return str(path)


def at(curve: Curve, seconds: float) -> list[float] | None:
    frame = int(seconds * RATE)
    return curve.values[:, frame].tolist() if bool(curve.mask[frame]) else None


def classes(curve: Curve, *moments: float) -> list[int | None]:
    """The class at each moment, -1 for a rest, None where the model is free."""
    found = [at(curve, moment) for moment in moments]
    return [None if one is None else one.index(1.0) if 1.0 in one else -1 for one in found]


def test_a_tempo_is_a_beat_with_a_downbeat_in_every_bar() -> None:
    curve = read_curve("rhythm", "90 bpm 3/4", 6.0)
    assert beats_of(curve.values[0]) == pytest.approx([n / 1.5 for n in range(9)], abs=0.0101)
    assert beats_of(curve.values[1]) == pytest.approx([0, 2, 4], abs=0.0101)
    same = read_curve("rhythm", "90 3/4", 6.0)
    assert torch.equal(curve.values, same.values) and bool(curve.mask.all())


def test_chords_play_their_notes_for_a_bar_each_and_begin_anew() -> None:
    curve = read_curve("melody", "Am F7 120.0 bpm", 8.0)
    assert classes(curve, 0.1, 0.6, 1.1, 1.6) == [9, 0, 4, 9]
    assert classes(curve, 2.1, 2.6, 3.1, 3.6, 4.1) == [5, 9, 0, 3, 9]


def test_levels_go_along_lines_and_are_free_outside_of_them() -> None:
    curve = read_curve("dynamics", "1:-40 3:-20", 4.0)
    assert at(curve, 0.5) is None and at(curve, 3.5) is None
    assert at(curve, 2.0) == pytest.approx([-30.0], abs=0.2)


def test_json_has_every_form(tmp_path: Path) -> None:
    values = written(tmp_path, {"frame_rate": 2, "values": ["C4", None, "-", 64]})
    assert classes(read_curve("melody", values, 2.0), 0.2, 0.7, 1.2, 1.7) == [0, None, -1, 4]
    notes = written(tmp_path, {"notes": [[0.5, 1, "D"], [1.5, 1.8, "Eb"]]})
    assert classes(read_curve("melody", notes, 2.0), 0.2, 0.7, 1.2, 1.6, 1.9) == [None, 2, -1, 3, None]
    chords = written(tmp_path, {"chords": ["C"], "bpm": 120, "from": 1.0})
    assert classes(read_curve("melody", chords, 3.0), 0.5, 1.2, 1.7) == [None, 0, 4]
    points = written(tmp_path, {"points": [[0, -30], [2, -10]]})
    assert at(read_curve("dynamics", points, 2.0), 1.0) == pytest.approx([-20.0], abs=0.2)
    beats = written(tmp_path, {"beats": [1.0, 1.5, 2.0], "downbeats": [1.5]})
    curve = read_curve("rhythm", beats, 4.0)
    assert at(curve, 0.5) is None and at(curve, 2.5) is None
    assert beats_of(curve.values[0] * curve.mask) == pytest.approx([1.0, 1.5, 2.0], abs=0.01)
    assert beats_of(curve.values[1]) == pytest.approx([1.5], abs=0.01)
    part = read_curve("rhythm", written(tmp_path, {"bpm": 60, "from": 2, "to": 4}), 6.0)
    assert part.mask.nonzero()[[0, -1], 0].tolist() == [100, 199]


def test_tables_say_the_same_as_json(tmp_path: Path) -> None:
    pairs = [
        ("dynamics", "Seconds,dB\n0,-40\n2,-10\n", {"points": [[0, -40], [2, -10]]}),
        ("melody", "from,to,note\n0,1,F#\n1,2,-\n2,3,72\n", {"notes": [[0, 1, "F#"], [1, 2, "-"], [2, 3, 72]]}),
        ("rhythm", "seconds,beat\n0,1\n1,2\n2,1\n", {"beats": [0, 1, 2], "downbeats": [0, 2]}),
    ]
    for name, table, data in pairs:
        one = read_curve(name, written(tmp_path, table, "curve.csv"), 3.0)  # type: ignore[arg-type]
        other = read_curve(name, written(tmp_path, data), 3.0)  # type: ignore[arg-type]
        assert torch.equal(one.values, other.values) and torch.equal(one.mask, other.mask)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("dynamics", {"values": [-20.0] * 30, "frame_rate": 10}, "30 values at 10 a second; a piece of 4 s needs 40"),
        ("dynamics", {"values": []}, "dynamics has no values"),
        ("dynamics", {"values": [None] * 200}, "dynamics is empty"),
        ("dynamics", '{"values": [NaN], "frame_rate": 0.25}', "not numbers"),
        ("dynamics", {"points": []}, "points must be a list with something in it"),
        ("dynamics", {"points": [[0, -20], [9, -20]]}, "9 s lies outside of the piece, which goes from 0 to 4 s"),
        ("dynamics", {"points": [[0, 12]]}, "dynamics"),
        ("dynamics", {"points": [[0]]}, "lists of 2"),
        ("dynamics", {"notes": [[0, 1, "C"]]}, "dynamics needs one of: values, points; it has: notes"),
        ("dynamics", {"points": [[0, -20]], "tempo": 3}, "has no tempo; it has: points"),
        ("melody", {"notes": [[1, 1, "C"]]}, "ends before it begins"),
        ("melody", {"notes": [[0, 1, "X"]]}, "note 'X' is not known"),
        ("melody", {"chords": ["Am", "Q"], "bpm": 100}, "chord 'Q' is not known"),
        ("melody", {"chords": ["Am"]}, "bpm must be a number"),
        ("melody", "[1, 2]", "a curve is a JSON object"),
        ("melody", "{", "is no JSON"),
        ("rhythm", {"bpm": 1000}, "bpm must be from 20 to 300"),
        ("rhythm", {"bpm": 100, "meter": "7/8"}, "meter is '7/8'"),
        ("rhythm", {"beats": [1.0]}, "at least two"),
        ("rhythm", {"beats": [1.0, 1.0]}, "same moment"),
        ("rhythm", {}, "it has: nothing"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path: Path, name: str, data: object, said: str) -> None:
    path = written(tmp_path, data)
    with pytest.raises(ValueError, match=said) as caught:
        read_curve(name, path, 4.0)  # type: ignore[arg-type]
    assert path in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("rhythm", "fast", "it takes a sound, or '120 bpm'"),
        ("rhythm", "Am 120 bpm", "it takes a sound, or '120 bpm'"),
        ("melody", "120 bpm", "chords as in"),
        ("dynamics", "loud", "SECONDS:DB"),
        ("dynamics", "0:-40 loud", "SECONDS:DB"),
        ("dynamics", "0:-40", "two points or more"),
        ("melody", "Am F", "chords as in"),
        ("rhythm", " ", "it takes a sound, or '120 bpm'"),
        ("melody", "none.json", "there is no file none.json"),
    ],
)
def test_words_that_are_no_curve_are_answered_with_an_example(name: str, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_curve(name, text, 4.0)  # type: ignore[arg-type]


def test_chords_without_a_tempo_go_at_that_of_the_piece() -> None:
    said, told = read_curve("melody", "Am F 100 bpm", 5.0), read_curve("melody", "Am F", 5.0, 100.0)
    assert torch.equal(said.values, told.values) and torch.equal(said.mask, told.mask)
    other = read_curve("melody", "Am F 100 bpm", 5.0, 60.0)
    assert torch.equal(said.values, other.values)


def test_a_wrong_table_is_told_its_columns(tmp_path: Path) -> None:
    for table, said in (("a,b\n1,2\n", "columns seconds,db"), ("seconds,db\n1\n", "2 cells"), ("", "not none")):
        with pytest.raises(ValueError, match=said):
            read_curve("dynamics", written(tmp_path, table, "curve.csv"), 4.0)


def test_notes_and_chords_have_their_classes() -> None:
    assert [pitch_class(note) for note in ("C", "B#3", "Cb", "Bb4", "F#-1", 0, 69)] == [0, 0, 11, 10, 6, 0, 9]
    assert chord_classes("Bbm7") == (10, 1, 5, 8) and chord_classes("F#dim") == (6, 9, 0)
    for wrong in (-1, 128, "c", "H", ""):
        with pytest.raises(ValueError, match="note"):
            pitch_class(wrong)


@pytest.mark.parametrize("level", ["nan", "inf", "loud"])
def test_a_table_s_error_names_its_file(tmp_path: Path, level: str) -> None:
    with pytest.raises(ValueError, match=rf"curve\.csv: db must be a number, not '{level}'"):
        read_curve("dynamics", written(tmp_path, f"seconds,db\n0,-20\n1,{level}\n", "curve.csv"), 2.0)
