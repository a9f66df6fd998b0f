"""Melodies from motifs: question and answer, sequence, cadence, and variation when a section returns.

A section's melody is a scheme of bar ideas ("a b a c"): each idea is a rhythm cell with a contour in scale
steps; it is placed on the bar's chord, so that a repeated idea follows the harmony. Strong notes sit on chord
tones, leaps turn back by step, phrases arch and end on long stable tones.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from songloom.band.characters import CHARACTERS, Character
from songloom.band.harmony import coloured_scale
from songloom.band.piece import Chord, Meter, Note, Section
from songloom.band.rhythms import CADENCES, cells, onsets
from songloom.band.theory import chord_tones

Register = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Idea:
    """One bar of a motif: onsets and lengths in beats, the move to each note in scale steps, and the place
    0..1 in the register where it begins."""

    rhythm: tuple[tuple[float, float], ...]
    steps: tuple[int, ...]
    place: float


@dataclass(frozen=True, slots=True)
class Ground:
    """What a melody stands on: key, meter, chords, the player's register and the colour of the scale."""

    tonic: int
    mode: str
    meter: Meter
    chords: tuple[Chord, ...]
    register: Register
    colour: str = "full"

    def chord_at(self, beat: float) -> Chord:
        """The chord sounding at a beat; the last one after the end."""
        return next((chord for chord in reversed(self.chords) if chord.start <= beat + 1e-6), self.chords[0])

    def ladder(self, chord: Chord) -> list[int]:
        """Ascending pitches of the chord's scale inside the register."""
        classes = coloured_scale(self.tonic, self.mode, chord_tones(chord), self.colour)
        return [pitch for pitch in range(self.register[0], self.register[1] + 1) if pitch % 12 in classes]

    def broken(self, chord: Chord) -> list[int]:
        """Ascending chord tones inside the register."""
        tones = chord_tones(chord)
        return [pitch for pitch in range(self.register[0], self.register[1] + 1) if pitch % 12 in tones]


def invent(character: Character, meter: Meter, density: float, rng: random.Random, *, place: float) -> Idea:
    """A bar idea; of four cells the one whose number of notes suits `density` 0..1 best is kept."""
    family = cells(character.family, meter)
    counts = sorted(cell.count("x") for cell in family)
    wanted = counts[0] + density * (counts[-1] - counts[0])
    drawn = [rng.choice(family) for _ in range(4)]
    rhythm = onsets(min(drawn, key=lambda cell: abs(cell.count("x") - wanted) + rng.random()), meter)
    return Idea(rhythm, contour(len(rhythm), character.leap, rng), place)


def contour(count: int, leap: float, rng: random.Random) -> tuple[int, ...]:
    """Moves in scale steps, the first 0: mostly steps in a direction that lasts, leaps that turn back."""
    steps, direction = [0], rng.choice((1, 1, -1))
    for _ in range(count - 1):
        if abs(steps[-1]) > 2:
            direction = -1 if steps[-1] > 0 else 1
            steps.append(direction)
        elif rng.random() < leap:
            steps.append(direction * rng.choice((2, 2, 3, 4)))
        else:
            steps.append(direction * rng.choice((1, 1, 1, 1, 0)))
        if rng.random() < 0.3:
            direction = -direction
    return tuple(steps)


def compose_section(
    character: Character, ground: Ground, section: Section, density: float, rng: random.Random, *, lift: float
) -> list[Note]:
    """The melody of one section, in the piece's beats. `lift` 0..1 raises its place in the register."""
    ideas = {
        name: invent(character, ground.meter, density, rng, place=0.32 + 0.34 * lift + rng.uniform(-0.1, 0.1))
        for name in "abde"
    }
    notes: list[Note] = []
    for phrase in range(0, section.bars, 4):
        scheme = _scheme(character, min(4, section.bars - phrase), phrase, rng)
        final = phrase + 4 >= section.bars
        notes += _phrase(scheme, ideas, character, ground, section.start_bar + phrase, rng, final=final)
    return notes


def _scheme(character: Character, bars: int, phrase: int, rng: random.Random) -> list[str]:
    """One four-bar plan, the same for question and answer where the first letters agree; shorter at need."""
    plan = rng.choice(character.schemes).split()
    if bars == 4:
        return plan
    if phrase == 0 and bars == 1:
        return ["a"]
    return [*plan[: bars - 1], plan[-1]]


def _phrase(
    scheme: Sequence[str],
    ideas: dict[str, Idea],
    character: Character,
    ground: Ground,
    first_bar: int,
    rng: random.Random,
    *,
    final: bool,
) -> list[Note]:
    notes: list[Note] = []
    for index, name in enumerate(scheme):
        start = float((first_bar + index) * ground.meter.beats)
        if name == ".":
            continue
        if name == "c":
            notes += _cadence(notes, ground, start, character, rng, final=final)
            continue
        shift = {"+": 1, "-": -1}.get(name[1:], 0)
        idea = ideas[name[0]]
        arch = 0.12 * (1.0 - abs(2.0 * (index + 0.5) / len(scheme) - 1.0))
        notes += place_idea(replace(idea, place=idea.place + arch + 0.13 * shift), ground, start, character, rng)
    if notes and rng.random() < character.pickup:
        notes = [*_pickup(notes[0], ground), *notes]
    return notes


def place_idea(idea: Idea, ground: Ground, start: float, character: Character, rng: random.Random) -> list[Note]:
    """The idea on the chords that sound from `start`: strong notes on chord tones, the rest by its contour."""
    low, high = ground.register
    target = low + min(0.95, max(0.05, idea.place)) * (high - low)
    notes: list[Note] = []
    for (onset, length), step in zip(idea.rhythm, idea.steps, strict=True):
        chord = ground.chord_at(start + onset)
        ladder = ground.broken(chord) if character.broken else ground.ladder(chord)
        pitch = _nearest(ladder, target) if not notes else _move(ladder, notes[-1].pitch, step)
        if not notes or _strong(onset, length, ground.meter):
            repeated = notes[-1].pitch if notes and step else None
            pitch = _settle(ladder, pitch, chord, step, repeated)
        notes.append(Note(start + onset, length * character.legato, pitch, _velocity(onset)))
    return _approached(notes, ground, character.approach, rng)


def _strong(onset: float, length: float, meter: Meter) -> bool:
    return length >= 1.0 or (onset % 2.0 == 0.0 if meter.beats == 4 else onset % meter.beats == 0.0)


def _velocity(onset: float) -> int:
    return 92 if onset == 0.0 else 86 if onset % 1.0 == 0.0 else 79


def _nearest(ladder: Sequence[int], target: float) -> int:
    return min(ladder, key=lambda pitch: (abs(pitch - target), pitch))


def _move(ladder: Sequence[int], pitch: int, step: int) -> int:
    """`step` rungs from the rung nearest to `pitch`; what would leave the ladder turns back."""
    at = ladder.index(_nearest(ladder, pitch)) + step
    last = len(ladder) - 1
    at = -at if at < 0 else 2 * last - at if at > last else at
    return ladder[min(max(at, 0), last)]


def _settle(ladder: Sequence[int], pitch: int, chord: Chord, step: int, avoid: int | None = None) -> int:
    """The nearest chord tone but `avoid`, in the direction of the move where two are equally near."""
    tones = [rung for rung in ladder if rung % 12 in chord_tones(chord) and rung != avoid]
    return min(tones, key=lambda tone: (abs(tone - pitch), -step * tone)) if tones else pitch


def _approached(notes: list[Note], ground: Ground, chance: float, rng: random.Random) -> list[Note]:
    """Some short notes before a strong one become its chromatic neighbour from below."""
    for index in range(len(notes) - 1):
        note, goal = notes[index], notes[index + 1]
        short = note.length <= 0.55 and abs(goal.start - note.start - note.length) < 0.3
        if short and goal.start % 1.0 == 0.0 and abs(goal.pitch - note.pitch) <= 3 and rng.random() < chance:
            notes[index] = replace(note, pitch=max(goal.pitch - 1, ground.register[0]))
    return notes


def _cadence(
    before: Sequence[Note], ground: Ground, start: float, character: Character, rng: random.Random, *, final: bool
) -> list[Note]:
    """A bar that walks to a stable tone: the chord's root or third at the end, its fifth or third within."""
    rhythm = onsets(rng.choice(CADENCES[ground.meter.name]), ground.meter)
    chord = ground.chord_at(start + rhythm[-1][0])
    ladder = ground.ladder(chord)
    tones = chord_tones(chord)
    wanted = (tones[0], tones[1]) if final else (tones[-1] if len(tones) == 3 else tones[1], tones[1])
    low, high = ground.register
    last = before[-1].pitch if before else (low + high) // 2
    goals = [rung for rung in ladder if rung % 12 in wanted] or list(ladder)
    goal = min(goals, key=lambda rung: (abs(rung - last + 1), rung))
    side = 1 if last >= goal else -1
    count = len(rhythm)
    return [
        Note(start + onset, length * character.legato, _move(ladder, goal, side * (count - 1 - index)), 84 - 2 * index)
        for index, (onset, length) in enumerate(rhythm)
    ]


def _pickup(first: Note, ground: Ground) -> list[Note]:
    """Two eighths (one in compound time) that climb into the first note, before the phrase's bar line."""
    if first.start < 1.0 or first.start % ground.meter.beats != 0.0:
        return []
    unit = 1.0 / ground.meter.division
    count = 2 if ground.meter.division == 2 else 1
    ladder = ground.ladder(ground.chord_at(first.start - unit))
    return [
        Note(first.start - unit * back, unit * 0.9, _move(ladder, first.pitch, -back), 76)
        for back in range(count, 0, -1)
    ]


def vary(notes: Sequence[Note], ground: Ground, amount: float, rng: random.Random) -> list[Note]:
    """A returning melody: about `amount` of its bars change, by a neighbour note on a long note or by a short
    off-beat note that falls silent; the others return as they were."""
    changed: dict[int, bool] = {}
    varied: list[Note] = []
    for note in notes:
        bar = int(note.start // ground.meter.beats)
        if bar not in changed:
            changed[bar] = rng.random() < amount
        if changed[bar] and note.length >= 0.9:
            varied += _ornament(note, ground)
            changed[bar] = False
        elif changed[bar] and note.length < 0.6 and note.start % 1.0 != 0.0:
            changed[bar] = False
        else:
            varied.append(note)
    return varied


def _ornament(note: Note, ground: Ground) -> list[Note]:
    """Note, upper neighbour, note: the neighbour takes the last half beat but one."""
    ladder = ground.ladder(ground.chord_at(note.start))
    unit = 1.0 / ground.meter.division
    head = max(unit, note.length - 2 * unit) if note.length > 2 * unit else note.length / 2
    tail = note.length - head
    neighbour = Note(note.start + head, min(unit, tail) * 0.95, _move(ladder, note.pitch, 1), note.velocity - 8)
    rest = [Note(note.start + head + unit, tail - unit, note.pitch, note.velocity - 4)] if tail > unit + 0.05 else []
    return [replace(note, length=head), neighbour, *rest]


def _reprise(source: tuple[Section, list[Note]], section: Section, ground: Ground) -> list[Note]:
    """The opening of an earlier section, moved to this one and cut to its length."""
    first, made = source
    beats = ground.meter.beats
    shift = float((section.start_bar - first.start_bar) * beats)
    inside = [note for note in made if 0.0 <= note.start - first.start_bar * beats < section.bars * beats]
    return [_refit(replace(note, start=note.start + shift), ground, shift) for note in inside]


def _refit(note: Note, ground: Ground, shift: float) -> Note:
    """Where the harmony of a return differs from the first time, the note moves to the new chord."""
    was, now = ground.chord_at(note.start - shift), ground.chord_at(note.start)
    if (was.root, was.quality) == (now.root, now.quality):
        return note
    ladder = ground.ladder(now)
    pitch = _nearest(ladder, note.pitch)
    return replace(note, pitch=_settle(ladder, pitch, now, 0) if note.length >= 0.9 else pitch)


def play(
    name: str,
    ground: Ground,
    sections: Sequence[Section],
    density: float,
    stream: Callable[[str], random.Random],
) -> list[Note]:
    """A melody over all sections; sections of one name share it, varied when they return. `stream` gives the
    random generator of a purpose, so that one section's draws do not move another's."""
    if name not in CHARACTERS:
        raise ValueError(f"melody {name!r} is not one of {', '.join(CHARACTERS)}")
    character = CHARACTERS[name]
    ground = replace(ground, colour=character.colour)
    known: dict[str, tuple[Section, list[Note]]] = {}
    played: list[Note] = []
    for section in sections:
        if section.name == "outro" and known:
            played += _reprise(next(iter(known.values())), section, ground)
            continue
        label = f"{section.name}/{section.bars}"
        if label not in known:
            lift = 1.0 if section.name in ("chorus", "B", "drop") else 0.3
            made = compose_section(character, ground, section, density, stream(label), lift=lift)
            known[label] = (section, made)
            played += made
            continue
        first, made = known[label]
        shift = (section.start_bar - first.start_bar) * ground.meter.beats
        moved = [replace(note, start=note.start + shift) for note in made]
        varied = vary(moved, ground, character.vary, stream(f"{label}@{section.start_bar}"))
        played += [_refit(note, ground, shift) for note in varied]
    return monophonic(played)


def monophonic(notes: Sequence[Note]) -> list[Note]:
    """Sorted, one note at a time: a note ends where the next begins; of two that start together one stays."""
    ordered = sorted(notes)
    kept: list[Note] = []
    for note in ordered:
        if kept and note.start - kept[-1].start < 0.05:
            continue
        if kept and kept[-1].start + kept[-1].length > note.start:
            kept[-1] = replace(kept[-1], length=note.start - kept[-1].start)
        kept.append(note)
    return kept
