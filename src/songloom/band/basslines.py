"""The bass player: lines from cells, from a walk or from the kick, over any progression and form."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from songloom.band.bass_cells import CELLS, BassLine
from songloom.band.bass_walking import walk
from songloom.band.changes import Changes
from songloom.band.grid import choose, fit, step_length, total_beats
from songloom.band.overlaps import without_overlaps
from songloom.band.piece import Chord, Meter, Note, Section
from songloom.band.theory import QUALITIES

_DEGREES = {"2": (2, 1), "3": (3, 4), "5": (6, 7, 8), "6": (9, 8), "7": (10, 11)}
_ABOVE_ROOT = {"8": 12, "O": 12, "m": 1}
_ACID_STEPS = "QRRRRR8OR.R.R...37m8"
_SLIDE_BEATS = 0.15
_MOST_LOCKED = 10


@dataclass(frozen=True, slots=True)
class Job:
    """What a bass line is asked for; `low`..`high` are MIDI pitches, `kicks` onsets in beats."""

    changes: Changes
    sections: Sequence[Section]
    meter: Meter
    kicks: tuple[float, ...]
    rng: random.Random
    low: int
    high: int

    @property
    def beats(self) -> int:
        return round(total_beats(self.sections, self.meter))

    def energy(self, time: float) -> float:
        bar = int(time / self.meter.beats + 1e-6)
        for section in self.sections:
            if bar < section.bars:
                return section.energy
            bar -= section.bars
        return self.sections[-1].energy

    def root(self, chord: Chord) -> int:
        """The chord's bass note in the lowest octave of the range."""
        return self.clipped(self.low + (chord.bass - self.low) % 12)

    def clipped(self, pitch: int) -> int:
        while pitch > self.high and pitch - 12 >= self.low:
            pitch -= 12
        while pitch < self.low and pitch + 12 <= self.high:
            pitch += 12
        return min(self.high, max(self.low, pitch))


def play(
    line: str,
    chords: Sequence[Chord],
    sections: Sequence[Section],
    meter: Meter,
    kicks: Sequence[float],
    rng: random.Random,
    low: int,
    high: int,
) -> list[Note]:
    """The line over all bars, straight and unhumanised, in order of time and inside low..high. `kicks` are the
    bass drum's onsets in beats (none: the line keeps its own rhythm). A note that overlaps the next is a slide."""
    if line not in LINES:
        raise ValueError(f"bass line {line!r} is not one of {', '.join(LINES)}")
    if not sections:
        return []
    return without_overlaps(LINES[line](Job(Changes(chords), sections, meter, tuple(sorted(kicks)), rng, low, high)))


def _from_cells(spec: BassLine) -> Callable[[Job], list[Note]]:
    def perform(job: Job) -> list[Note]:
        return _realise(_written(spec, job), spec.gate, job)

    return perform


def _acid(job: Job) -> list[Note]:
    """A two-bar pattern of sixteenths with accents, octaves and slides, drawn once and then repeated."""
    steps = [job.rng.choice(_ACID_STEPS) for _ in range(32)]
    for i in range(1, 32):
        if job.rng.random() < 0.15 and steps[i - 1] not in ".~":
            steps[i] = "~"
    full = "Q" + "".join(steps[1:])
    sparse = "".join(step if i % 4 != 1 or step == "~" else "." for i, step in enumerate(full))
    busy = full.replace(".", "R", 4)
    return _realise(_written(BassLine((sparse, full, busy), connects=False), job), 0.7, job)


def _written(spec: BassLine, job: Job) -> str:
    """The steps of the whole piece: the section's cell in every bar, turns in each fourth."""
    plans: dict[tuple[str, int], tuple[list[str], list[str]]] = {}
    bars: list[str] = []
    for section in job.sections:
        key = (section.name, round(section.energy * 5))
        if key not in plans:
            plans[key] = _cells(spec, section.energy, job)
        cell, turn = plans[key]
        for bar in range(section.bars):
            turns = bar % 4 == 3 and turn and section.bars >= 4
            bars.append(turn[0] if turns else cell[bar % len(cell)])
    if spec.connects:
        bars = [_connected(steps, number, job) for number, steps in enumerate(bars)]
    if spec.lock and job.kicks:
        bars = [_locked(steps, number, job) for number, steps in enumerate(bars)]
    written = "".join(bars)
    return "R" + written[1:] if written[0] == "-" else written


def _cells(spec: BassLine, energy: float, job: Job) -> tuple[list[str], list[str]]:
    meter = job.meter
    own = spec.meters.get(meter.name)
    if own:
        return choose(own, energy, job.rng).split("|"), []
    cell = fit(choose(spec.cells, energy, job.rng), meter, spec.three, spec.two)
    if not spec.turns or energy < 0.25:
        return cell, []
    return cell, fit(job.rng.choice(spec.turns), meter, (0, 1, 3), (0, 3))


def _connected(steps: str, number: int, job: Job) -> str:
    """Leads the end of every second bar into a new chord."""
    if number % 2 == 0 or steps[-2] in "na" or steps[-1] in "na":
        return steps
    start = number * job.meter.beats
    change = start + job.meter.beats
    if job.changes.index(change) == job.changes.index(start + job.meter.beats - 0.3) or change >= job.beats:
        return steps
    return steps[:-2] + "a-"


def _locked(steps: str, number: int, job: Job) -> str:
    """Strikes the bar's kicks as well."""
    length, start = step_length(job.meter), number * job.meter.beats
    places = [round((kick - start) / length) for kick in job.kicks if start - 1e-6 <= kick < start + job.meter.beats]
    if len(places) > _MOST_LOCKED:
        places = [place for place in places if place % 2 == 0]
    locked = list(steps)
    for place in places:
        if place < len(locked) and locked[place] in ".-~d":
            locked[place] = "R"
    return "".join(locked)


def _realise(written: str, gate: float, job: Job) -> list[Note]:
    """Notes of a step string of the whole piece; a chord change cuts what is held and strikes its own root."""
    length = step_length(job.meter)
    notes: list[Note] = []
    seen = -1
    i = 0
    while i < len(written):
        token = written[i]
        if token in ".-~":
            i += 1
            continue
        j = i + 1
        while j < len(written) and written[j] in "-~":
            j += 1
        start, end = i * length, j * length
        ahead = token == "n" and job.changes.nears(start)
        chord_time = job.changes.end(start) if ahead else start
        index = job.changes.index(chord_time)
        if index != seen and token not in "andQ8O" and job.changes.at(chord_time).start > start - 1.0:
            token = "R"
        seen = index
        change = job.changes.end(chord_time)
        notes.append(_note(token, start, min(end, change), written[j - 1] == "~", gate, job))
        if change < end - length / 2 and not ahead:
            i = max(i + 1, round(change / length))
            written = written[:i] + "R" + written[i + 1 :]
        else:
            i = j
    return notes


def _note(token: str, start: float, end: float, slides: bool, gate: float, job: Job) -> Note:
    velocity = _velocity(start, job)
    if token == "d":
        return Note(start, 0.1, _pitch("R", start, job), max(1, round(velocity * 0.5)))
    if token in "QO":
        velocity = min(127, velocity + 16)
    length = end - start + _SLIDE_BEATS if slides else (end - start) * gate
    return Note(start, max(0.05, min(length, job.beats - start)), _pitch(token, start, job), velocity)


def _pitch(token: str, start: float, job: Job) -> int:
    chord = job.changes.at(start)
    root = job.root(chord)
    if token == "a":
        return _into(root, start, job)
    if token == "n":
        return job.root(job.changes.after(start) if job.changes.nears(start) else chord)
    if token == "b":
        fifth = job.low + (chord.root + _degree("5", chord) - job.low) % 12
        return job.clipped(fifth - 12 if fifth > root and fifth - 12 >= job.low else fifth)
    if token in _DEGREES:
        return job.clipped(root + (chord.root + _degree(token, chord) - chord.bass) % 12)
    return job.clipped(root + _ABOVE_ROOT.get(token, 0))


def _into(root: int, start: float, job: Job) -> int:
    """A half step below or above the next root, a whole step from further away; without a change ahead the
    fifth."""
    if not job.changes.nears(start):
        return job.clipped(root + _degree("5", job.changes.at(start)))
    target = job.root(job.changes.after(start))
    size = 1 if job.changes.end(start) < start + 0.51 else 2
    side = 1 if root > target or target - size < job.low else -1
    return job.clipped(target + side * size)


def _degree(token: str, chord: Chord) -> int:
    """Semitones above the root of a degree, as the chord has it."""
    intervals = {interval % 12 for interval in QUALITIES[chord.quality]}
    return next((size for size in _DEGREES[token] if size in intervals), _DEGREES[token][-1 if token == "3" else 0])


def _velocity(start: float, job: Job) -> int:
    beat = start % job.meter.beats
    accent = 8 if beat < 0.01 else 3 if abs(beat - round(beat)) < 0.01 else 0 if start * 2 % 1 < 0.01 else -6
    return min(127, max(1, round(72 + 30 * job.energy(start) + accent)))


def _walking(job: Job) -> list[Note]:
    """The walk, with an eighth repeated here and there."""
    notes = []
    for start, length, pitch in walk(job.changes, job.beats, job.meter, job.rng, job.low, job.high):
        notes.append(Note(start, 0.92 * length, pitch, _velocity(start, job)))
        if length == 1.0 and job.rng.random() < 0.12 * job.energy(start):
            notes.append(Note(start + 0.5, 0.2, pitch, max(1, _velocity(start, job) - 25)))
    return notes


def _sustained(job: Job) -> list[Note]:
    """One note a chord, struck again every two bars."""
    notes = []
    longest = 2.0 * job.meter.beats
    for chord in job.changes.chords:
        start, end = chord.start, min(job.changes.end(chord.start), float(job.beats))
        while start < end - 1e-6:
            length = min(longest, end - start)
            notes.append(Note(start, length * 0.98, job.root(chord), _velocity(start, job)))
            start += length
    return notes


def _eight_oh_eight(job: Job) -> list[Note]:
    """Long notes on the kicks, each until the next; now and then the last of a bar slides up."""
    onsets = _low_onsets(job)
    length = step_length(job.meter)
    notes = []
    for i, start in enumerate(onsets):
        end = onsets[i + 1] if i + 1 < len(onsets) else float(job.beats)
        pitch = job.root(job.changes.at(start))
        lasts = min(end - start, 2.0 * job.meter.beats)
        slides = lasts >= 1.5 and job.rng.random() < 0.15 + 0.2 * job.energy(start)
        held = lasts - 2 * length if slides else lasts
        notes.append(Note(start, held + (_SLIDE_BEATS if slides else -0.02), pitch, _velocity(start, job)))
        if slides:
            target = job.clipped(pitch + job.rng.choice((12, 7, 3)))
            notes.append(Note(start + held, 2 * length - 0.02, target, _velocity(start, job)))
    return notes


def _low_onsets(job: Job) -> list[float]:
    """The kicks, the downbeat of a bar without one, and without any kick a pattern of its own."""
    bar_beats, length = job.meter.beats, step_length(job.meter)
    pattern = fit("R---------R-----|R-----R---R-----", job.meter)
    onsets: list[float] = []
    for bar in range(job.beats // bar_beats):
        start = float(bar * bar_beats)
        kicks = [kick for kick in job.kicks if start - 1e-6 <= kick < start + bar_beats - 1e-6]
        own = [start + i * length for i, step in enumerate(pattern[bar % 2]) if step == "R"]
        onsets += kicks or (own[:1] if job.kicks else own)
    return onsets


LINES: dict[str, Callable[[Job], list[Note]]] = {
    **{name: _from_cells(spec) for name, spec in CELLS.items()},
    "walking": _walking,
    "acid": _acid,
    "808": _eight_oh_eight,
    "sustained": _sustained,
}
