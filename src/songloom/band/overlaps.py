"""One key sounds once: a note ends before the same pitch is struck again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from songloom.band.piece import Note

_GAP_BEATS = 0.02
_SHORTEST_BEATS = 0.03


def without_overlaps(notes: Sequence[Note]) -> list[Note]:
    """`notes` in order of time, each cut a little before its own pitch comes again; of two that begin together
    the longer or louder stays. A MIDI synthesiser would end the later note with the earlier one's release."""
    kept: list[Note] = []
    following: dict[int, Note] = {}
    for note in sorted(notes, reverse=True):
        after = following.get(note.pitch)
        if after is not None and after.start - note.start < _SHORTEST_BEATS:
            continue
        if after is not None and note.start + note.length > after.start - _GAP_BEATS:
            note = replace(note, length=max(_SHORTEST_BEATS, after.start - _GAP_BEATS - note.start))
        following[note.pitch] = note
        kept.append(note)
    return kept[::-1]
