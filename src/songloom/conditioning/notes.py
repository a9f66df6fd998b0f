"""Notes, chords and keys by their names: pitch classes from C, and a key's house spelling."""

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
_KEY = re.compile(r"^([A-Ga-g])([#b♯♭]?)[ _-]?(maj(?:or)?|min(?:or)?|m|M)?$")


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


def normal_key(text: str) -> str:
    """A key in the house spelling: "Am", "a min" and "A minor" all give "A minor"; sharps or flats stay.

    Raises ValueError for anything that is not one of the major and minor keys.
    """
    match = _KEY.match(text.strip())
    if not match:
        raise ValueError(f"key {text!r} is not known; write it as 'A minor', 'Am', 'F# major' or 'Bb'")
    letter, accidental, mode = match.groups()
    minor = mode is not None and mode != "M" and (mode == "m" or mode.lower().startswith("min"))
    sign = {"♯": "#", "♭": "b"}.get(accidental, accidental)
    return f"{letter.upper()}{sign} {'minor' if minor else 'major'}"


def _class(letter: str, sign: str) -> int:
    return (_LETTERS[letter] + {"#": 1, "♯": 1, "b": -1, "♭": -1}.get(sign, 0)) % 12
