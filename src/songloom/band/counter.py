"""Counter-melodies: lines that accompany a melody without competing with it.

"guide tones" holds thirds and sevenths and moves by step, "thirds" sings a third or sixth below the melody,
"answers" fills the melody's rests with a short echo of it, "descant" floats long chord tones above.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from songloom.band.melody import Ground, monophonic
from songloom.band.piece import Chord, Note
from songloom.band.theory import chord_tones

_FEWEST_ANSWERS = 0.25


def guide_tones(ground: Ground, _melody: Sequence[Note], _rng: random.Random) -> list[Note]:
    """One long note a chord: its third or seventh, whichever is nearer to the note before."""
    low, high = ground.register
    last = low + 0.4 * (high - low)
    notes = []
    for chord in ground.chords:
        tones = chord_tones(chord)
        wanted = (tones[1], tones[3]) if len(tones) > 3 else (tones[1 % len(tones)], tones[-1])
        pitch = _closest(ground, chord, wanted, last)
        notes.append(Note(chord.start, chord.length * 0.97, pitch, 74))
        last = pitch
    return notes


def thirds(ground: Ground, melody: Sequence[Note], _rng: random.Random) -> list[Note]:
    """The melody's rhythm two scale steps lower; where that is no chord tone on a long note, five lower."""
    low, high = ground.register
    notes = []
    for note in melody:
        ladder = [rung for rung in ground.ladder(ground.chord_at(note.start)) if rung < note.pitch]
        if len(ladder) < 2:
            continue
        third = ladder[-2]
        tones = chord_tones(ground.chord_at(note.start))
        below = [rung for rung in ladder if 3 <= note.pitch - rung <= 9 and rung % 12 in tones]
        pitch = third if note.length < 0.9 or third % 12 in tones or not below else below[-1]
        notes.append(replace(note, pitch=min(max(pitch, low), high), velocity=max(1, note.velocity - 10)))
    return notes


def answers(ground: Ground, melody: Sequence[Note], rng: random.Random) -> list[Note]:
    """In each gap of at least a beat and a half the melody's last notes return, fitted to the chord; a melody
    that leaves few gaps is answered by guide tones."""
    end = ground.chords[-1].start + ground.chords[-1].length
    ordered = sorted(melody)
    notes: list[Note] = []
    for index, note in enumerate(ordered):
        free = note.start + min(note.length, 1.0)
        until = ordered[index + 1].start if index + 1 < len(ordered) else end
        begin = float(-(-free // 0.5) * 0.5)
        if until - begin < 1.5 or rng.random() < 0.25:
            continue
        notes += _echo(ground, ordered[max(0, index - 3) : index + 1], begin, until)
    return notes if len(notes) >= _FEWEST_ANSWERS * end else guide_tones(ground, melody, rng)


def _echo(ground: Ground, source: Sequence[Note], begin: float, until: float) -> list[Note]:
    notes = []
    for note in source:
        start = begin + (note.start - source[0].start)
        if start >= until - 0.25:
            break
        length = min(note.length, 1.0, until - start)
        chord = ground.chord_at(start)
        classes = chord_tones(chord) if length >= 0.75 else tuple(rung % 12 for rung in ground.ladder(chord))
        low, high = ground.register
        around = note.pitch if low <= note.pitch <= high else (low + high) / 2
        notes.append(Note(start, length * 0.9, _closest(ground, chord, classes, around), 80))
    return notes


def descant(ground: Ground, _melody: Sequence[Note], rng: random.Random) -> list[Note]:
    """Long chord tones in the upper half of the register, one or two a chord."""
    low, high = ground.register
    around = low + 0.7 * (high - low)
    notes = []
    for chord in ground.chords:
        pieces = 2 if chord.length >= 4 and rng.random() < 0.5 else 1
        for piece in range(pieces):
            pitch = _closest(ground, chord, chord_tones(chord), around + rng.choice((-2, 0, 2)))
            length = chord.length / pieces
            notes.append(Note(chord.start + piece * length, length * 0.97, pitch, 70))
            around = (pitch + around) / 2
    return notes


def _closest(ground: Ground, chord: Chord, classes: Sequence[int], around: float) -> int:
    low, high = ground.register
    inside = [pitch for pitch in range(low, high + 1) if pitch % 12 in classes]
    return min(inside or ground.ladder(chord), key=lambda pitch: (abs(pitch - around), pitch))


COUNTERS: dict[str, Callable[[Ground, Sequence[Note], random.Random], list[Note]]] = {
    "guide tones": guide_tones,
    "thirds": thirds,
    "answers": answers,
    "descant": descant,
}


def play(name: str, ground: Ground, melody: Sequence[Note], rng: random.Random) -> list[Note]:
    """The named counter-melody over the whole piece."""
    if name not in COUNTERS:
        raise ValueError(f"counter-melody {name!r} is not one of {', '.join(COUNTERS)}")
    return monophonic(COUNTERS[name](ground, melody, rng))
