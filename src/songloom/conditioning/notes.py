"""Notes and chords by their names: pitch classes from C, for curves that are written down."""

from __future__ import annotations

import re

REST = "-"
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_NOTE = re.compile(r"([A-G])([#b♯♭]?)(-?\d+)?")
_CHORD = re.compile(r"([A-G])([#b♯♭]?)(maj7|m7|m|dim|7|sus4|sus2|)")
_STEPS = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11),
    "dim": (0, 3, 6),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
}


def pitch_class(note: str | int) -> int:
    """ "A4" or "A" -> 9; a MIDI number 0..127 -> its class. Raises ValueError for anything else."""
    if isinstance(note, int):
        if not 0 <= note <= 127:
            raise ValueError(f"note {note} is no MIDI number; they go from 0 to 127")
        return note % 12
    match = _NOTE.fullmatch(note)
    if not match:
        raise ValueError(f'note {note!r} is not known; write it as "C#", "Bb4", a MIDI number, or "-" for a rest')
    return _class(match[1], match[2])


def chord_classes(chord: str) -> tuple[int, ...]:
    """ "Am7" -> (9, 0, 4, 7), the root first. Raises ValueError for a chord that is not known."""
    match = _CHORD.fullmatch(chord)
    if not match:
        kinds = ", ".join(f"A{kind}" for kind in _STEPS)
        raise ValueError(f"chord {chord!r} is not known; there are, on every note: {kinds}")
    root = _class(match[1], match[2])
    return tuple((root + step) % 12 for step in _STEPS[match[3]])


def _class(letter: str, sign: str) -> int:
    return (_LETTERS[letter] + {"#": 1, "♯": 1, "b": -1, "♭": -1}.get(sign, 0)) % 12
