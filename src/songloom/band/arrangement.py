"""Arrangement: who plays in which section, stops before a chorus, dynamics, and the closing chord."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from songloom.band.moods import Mood
from songloom.band.piece import Chord, Meter, Note, Section
from songloom.band.styles.style import Seat
from songloom.band.theory import chord_tones, fold, nearest

_OPENINGS: tuple[tuple[str, ...], ...] = (
    ("chords", "arpeggio"),
    ("chords", "pad", "arpeggio"),
    ("drums", "percussion", "bass"),
    ("chords", "drums", "percussion"),
    ("chords", "bass", "drums", "percussion", "arpeggio", "pad"),
    ("chords", "bass", "drums", "percussion", "arpeggio", "pad"),
)
_BREAKS: tuple[tuple[str, ...], ...] = (
    ("chords", "pad", "melody", "arpeggio"),
    ("pad", "arpeggio", "melody", "chords", "percussion"),
    ("bass", "pad", "chords", "melody"),
)
_OPTIONAL = ("counter", "pad", "percussion", "arpeggio")
_UPBEAT_ROLES = ("melody", "counter", "drums")
_CLOSING_KEYS = (36, 57)


def casting(seats: Sequence[Seat], sections: Sequence[Section], rng: random.Random) -> tuple[tuple[bool, ...], ...]:
    """For each section, which seats play. Two players or fewer always play; an intro has no melody unless
    nobody else could play it."""
    opening, pause = rng.choice(_OPENINGS), rng.choice(_BREAKS)
    held_back = _held_back(seats, rng, opens=sections[0].name != "intro")
    cast, body = [], 0
    for section in sections:
        if section.name == "intro":
            playing = [seat.role in opening and index != held_back for index, seat in enumerate(seats)]
        elif section.name == "break":
            playing = [seat.role in pause for seat in seats]
        else:
            playing = [seat.enters <= section.energy for seat in seats]
            if body == 0 and len(sections) > 1:
                playing = [here and index != held_back for index, here in enumerate(playing)]
            if section.name == "build":
                playing = [here and seat.role != "bass" for here, seat in zip(playing, seats, strict=True)]
            body += 1
        cast.append(_never_empty(playing, seats, section))
    return tuple(cast)


def _held_back(seats: Sequence[Seat], rng: random.Random, *, opens: bool) -> int:
    """The player who waits for the second section of the body: an optional one, a second accompanist, or now and
    then, where the body `opens` the piece, the drums; -1 for none."""
    optional = [index for index, seat in enumerate(seats) if seat.role in _OPTIONAL]
    accompanists = [index for index, seat in enumerate(seats) if seat.role == "chords"]
    rhythm = [index for index, seat in enumerate(seats) if seat.role == "drums"]
    choices = optional or accompanists[1:] or (rhythm if opens and rng.random() < 0.4 else [])
    return rng.choice(choices) if choices and len(seats) > 2 and rng.random() < 0.9 else -1


def _never_empty(playing: Sequence[bool], seats: Sequence[Seat], section: Section) -> tuple[bool, ...]:
    if len(seats) <= 2 and section.name != "intro":
        return (True,) * len(seats)
    if any(playing):
        return tuple(playing)
    accompanists = tuple(seat.role not in ("melody", "counter") for seat in seats)
    return accompanists if any(accompanists) else (True,) * len(seats)


def keep_cast(
    notes: Sequence[Note], role: str, present: Sequence[bool], sections: Sequence[Section], meter: Meter
) -> list[Note]:
    """The notes of the sections in which the player is present. Melodies and drums keep an upbeat of one beat
    before they enter; a note does not sound on into a section where the player is absent."""
    kept = []
    for note in notes:
        index = section_at(note.start, sections, meter)
        end = (sections[index].start_bar + sections[index].bars) * meter.beats
        following = index + 1 < len(sections) and present[index + 1]
        upbeat = following and role in _UPBEAT_ROLES and note.start >= end - 1.01
        if not present[index] and not upbeat:
            continue
        if not following and note.start + note.length > end:
            note = replace(note, length=end - note.start)
        kept.append(note)
    return kept


def section_at(beat: float, sections: Sequence[Section], meter: Meter) -> int:
    """The index of the section that holds a beat; the outermost beyond the ends."""
    bar = (beat + 1e-6) / meter.beats
    return max((index for index, section in enumerate(sections) if section.start_bar <= bar), default=0)


def stops(
    sections: Sequence[Section], meter: Meter, rng: random.Random, share: float
) -> tuple[tuple[float, float], ...]:
    """Spans of beats, before a chorus or a drop, in which everyone but melody and drums falls silent."""
    spans = []
    for section in sections[1:]:
        if section.name in ("chorus", "drop", "B") and rng.random() < share:
            end = float(section.start_bar * meter.beats)
            spans.append((end - rng.choice((1.0, 1.0, 2.0)), end))
    return tuple(spans)


def silence(notes: Sequence[Note], spans: Sequence[tuple[float, float]]) -> list[Note]:
    """Without the notes that begin inside a span; those that would sound into one end at its start."""
    kept = []
    for note in notes:
        if any(begin <= note.start < end for begin, end in spans):
            continue
        cut = min((begin for begin, _ in spans if note.start < begin < note.start + note.length), default=None)
        kept.append(note if cut is None else replace(note, length=cut - note.start))
    return kept


def shade(notes: Sequence[Note], sections: Sequence[Section], meter: Meter, mood: Mood) -> list[Note]:
    """Velocities by the section's energy and the mood, with a swell in the bar before a fuller section."""
    shaded = []
    for note in notes:
        index = section_at(note.start, sections, meter)
        factor = mood.loudness * (0.84 + 0.28 * sections[index].energy)
        if index + 1 < len(sections) and sections[index + 1].energy > sections[index].energy + 0.08:
            until = sections[index + 1].start_bar - note.start / meter.beats
            factor *= 1.0 + 0.1 * max(0.0, 1.0 - until)
        shaded.append(replace(note, velocity=min(127, max(1, round(note.velocity * factor)))))
    return shaded


def close(notes: Sequence[Note], role: str, chord: Chord, meter: Meter, register: tuple[int, int]) -> list[Note]:
    """The last bar as an ending: what begins on its downbeat is held, what follows falls silent; drums strike
    bass drum and crash."""
    start, length = chord.start, float(meter.beats)
    before = [note for note in notes if note.start < start - 0.1]
    if not before:
        return []
    if role in ("drums", "percussion") and register == (0, 127):
        keys = _CLOSING_KEYS if role == "drums" else ()
        return [*before, *(Note(start, 0.5, key, 100) for key in keys)]
    before = [replace(note, length=min(note.length, start - note.start)) for note in before]
    struck = [note for note in notes if abs(note.start - start) <= 0.1 and note.pitch % 12 in chord_tones(chord)]
    final = struck or [Note(start, length, _resting_place(before[-1], chord, register), before[-1].velocity)]
    return [*before, *(replace(note, start=start, length=length * 0.95) for note in final)]


def _resting_place(last: Note, chord: Chord, register: tuple[int, int]) -> int:
    near = min(
        (nearest(tone, last.pitch) for tone in chord_tones(chord)[:3]), key=lambda pitch: abs(pitch - last.pitch)
    )
    return fold(near, *register)
