"""Exact labels of a piece, ready for JSON: what a listener could at best hear, in seconds.

Times are in seconds from the first downbeat, where the rendered audio begins too. A piece of drums alone has
no key: key, tonic and mode are None.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from songloom.band.piece import Part, Piece
from songloom.band.sounds import SOUNDS
from songloom.band.theory import chord_symbol


def labels(piece: Piece) -> dict[str, Any]:
    """Everything that is known of `piece`, as plain JSON values."""
    sounding, pitched = sounding_parts(piece), is_pitched(piece)
    return {
        "tempo": round(piece.tempo, 3),
        "meter": piece.meter.name,
        "key": piece.key if pitched else None,
        "tonic": piece.tonic if pitched else None,
        "mode": piece.mode if pitched else None,
        "style": piece.style,
        "mood": piece.mood,
        "swing": round(piece.swing, 3),
        "brightness": round(piece.brightness, 3),
        "intensity": round(piece.intensity, 3),
        "instruments": _unique(SOUNDS[part.sound].words[0] for part in sounding),
        "families": _unique(SOUNDS[part.sound].family for part in sounding),
        "drums": piece.has_drums,
        "beats": [_seconds(piece, beat) for beat in range(piece.beats)],
        "downbeats": [_seconds(piece, bar * piece.meter.beats) for bar in range(piece.bars)],
        "chords": _chords(piece),
        "melody": _melody(piece),
        "sections": _sections(piece),
        "dynamics": _dynamics(piece),
    }


def sounding_parts(piece: Piece) -> list[Part]:
    """The parts that play at all, the most prominent first: the melody, then by how much of the piece they fill."""
    order = {"melody": 0, "counter": 2, "chords": 1, "arpeggio": 2, "pad": 2, "bass": 3, "drums": 3, "percussion": 4}
    playing = [part for part in piece.parts if part.notes]
    return sorted(playing, key=lambda part: (order.get(part.role, 5), -_busy(part)))


def is_pitched(piece: Piece) -> bool:
    """Whether anything but drums and percussion plays."""
    return any(part.notes and SOUNDS[part.sound].family not in ("drums", "percussion") for part in piece.parts)


def _busy(part: Part) -> float:
    return sum(note.length * note.velocity for note in part.notes)


def _seconds(piece: Piece, beat: float) -> float:
    return round(beat * 60.0 / piece.tempo, 4)


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _chords(piece: Piece) -> list[list[Any]]:
    return [
        [
            _seconds(piece, chord.start),
            _seconds(piece, chord.start + chord.length),
            chord_symbol(chord),
        ]
        for chord in piece.chords
    ]


def _melody(piece: Piece) -> list[list[Any]]:
    notes = sorted(note for part in piece.parts if part.role == "melody" for note in part.notes)
    return [[_seconds(piece, note.start), _seconds(piece, note.start + note.length), note.pitch] for note in notes]


def _sections(piece: Piece) -> list[list[Any]]:
    beats = piece.meter.beats
    return [
        [
            _seconds(piece, section.start_bar * beats),
            _seconds(piece, (section.start_bar + section.bars) * beats),
            section.name,
            round(section.energy, 3),
        ]
        for section in piece.sections
    ]


def _dynamics(piece: Piece) -> list[list[float]]:
    """Per section: start, end in seconds, energy 0..1, and the mean velocity 0..1 of the notes that begin there."""
    curve = []
    for section in piece.sections:
        start = section.start_bar * piece.meter.beats
        end = start + section.bars * piece.meter.beats
        velocities = [note.velocity for part in piece.parts for note in part.notes if start <= note.start < end]
        mean = sum(velocities) / len(velocities) / 127.0 if velocities else 0.0
        curve.append([_seconds(piece, start), _seconds(piece, end), round(section.energy, 3), round(mean, 3)])
    return curve
