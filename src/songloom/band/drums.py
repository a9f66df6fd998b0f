"""The drummer: plays a groove over a form, with variants, layers by energy, fills and crashes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from songloom.band.drum_fills import FILLS, fill_length
from songloom.band.drum_grooves_popular import POPULAR
from songloom.band.drum_grooves_programmed import PROGRAMMED
from songloom.band.drum_grooves_traditional import TRADITIONAL
from songloom.band.drum_patterns import KEYS, VELOCITIES, Groove, Line, fitted, kept_beats, native, read_line
from songloom.band.grid import choose, fit_tail, step_length, steps_per_bar
from songloom.band.overlaps import without_overlaps
from songloom.band.piece import Meter, Note, Section

GROOVES: dict[str, Groove] = {**POPULAR, **TRADITIONAL, **PROGRAMMED}

_STROKES = {"r": 2, "t": 3, "q": 4}
_ROLLS = ("xooo", "xorr", "x.t.", "xrr.", "tttt", "xoqq", "t.x.", "xo.r")
_LONG = {KEYS["OH"]: 0.5, KEYS["CR"]: 2.0, KEYS["C2"]: 2.0, KEYS["R2"]: 1.0, KEYS["RD"]: 0.5, KEYS["TR"]: 1.0}
_CLOSED, _OPEN, _PEDAL, _KICK, _SNARE = KEYS["CH"], KEYS["OH"], KEYS["PH"], KEYS["BD"], KEYS["SD"]
_TIMEKEEPERS = (_CLOSED, _OPEN, KEYS["RD"], KEYS["RB"], KEYS["CR"], KEYS["C2"])
_FLAM_BEATS = 0.04


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a section plays: bars of each layer, and the kick of every fourth bar."""

    layers: tuple[tuple[Line, ...], ...]
    turn: tuple[Line, ...]


def play(groove: str, sections: Sequence[Section], meter: Meter, rng: random.Random) -> list[Note]:
    """The groove over all bars, straight and unhumanised, in order of time. Sections of one name and energy
    share their patterns."""
    if groove not in GROOVES:
        raise ValueError(f"groove {groove!r} is not one of {', '.join(GROOVES)}")
    spec = GROOVES[groove]
    plans: dict[tuple[str, int], _Plan] = {}
    notes: list[Note] = []
    played = 0
    for i, section in enumerate(sections):
        key = (section.name, round(section.energy * 5))
        if key not in plans:
            plans[key] = _plan(spec, section.energy, meter, rng)
        following = sections[i + 1].energy if i + 1 < len(sections) else 0.0
        for bar in range(section.bars):
            line = _bar(spec, plans[key], section, bar, following, meter, rng)
            if _crashes(spec, i, bar, section.energy):
                line = _crash(line, spec.crash, meter)
            notes.extend(_sound(line, played * meter.beats, section.energy, meter))
            played += 1
    return without_overlaps(notes)


def _plan(spec: Groove, energy: float, meter: Meter, rng: random.Random) -> _Plan:
    own = spec.meters.get(meter.name)
    pattern = own or spec.pattern
    beats = kept_beats(pattern, meter)

    def read(line: str) -> tuple[Line, ...]:
        return tuple(native(line) if own else fitted(line, meter, beats))

    kicks, backs = choose(pattern.kicks, energy, rng, 0.25), choose(pattern.backs, energy, rng, 0.25)
    times = choose(pattern.times, energy, rng, spread=0.15)
    extras = [line for threshold, line in pattern.extras if energy >= threshold and rng.random() < 0.75]
    if energy < 0.3 and spec.calm != "all":
        calm = kicks if spec.calm == "kick" else times
        lines = [calm or times or kicks]
        return _Plan(tuple(read(line) for line in lines), ())
    turn = choose(pattern.kicks, min(1.0, energy + 0.3), rng)
    return _Plan(tuple(read(line) for line in (kicks, backs, times, *extras)), read(turn))


def _bar(
    spec: Groove, plan: _Plan, section: Section, bar: int, following: float, meter: Meter, rng: random.Random
) -> Line:
    line = _merged(plan.layers, bar)
    if plan.turn and bar % 4 == 3:
        line[_KICK] = plan.turn[bar % len(plan.turn)].get(_KICK, line.get(_KICK, ""))
    line = _ghosted(line, spec.ghosts * (section.energy >= 0.3), rng)
    if spec.rolls and section.energy >= 0.25:
        line = _rolled(line, spec.rolls, meter, rng)
    fill = _fill(spec, section, bar, following, rng)
    if fill:
        return _filled(line, fill, meter)
    if bar % 4 == 3 and section.energy >= 0.4 and rng.random() < 0.35:
        return _opened(line)
    return line


def _merged(layers: Sequence[Sequence[Line]], bar: int) -> Line:
    """One bar of all layers; where two share a drum, every stroke of either is played."""
    line: Line = {}
    for layer in layers:
        for key, steps in layer[bar % len(layer)].items():
            line[key] = _united(line[key], steps) if key in line else steps
    return line


def _united(one: str, other: str) -> str:
    return "".join(b if a in ".-" else a for a, b in zip(one, other, strict=True))


def _ghosted(line: Line, amount: float, rng: random.Random) -> Line:
    """Ghost strokes come and go: some written ones are left out, some are added between the backbeats."""
    snare = line.get(_SNARE)
    if snare is None or amount <= 0.0:
        return line
    steps = list(snare)
    for i, step in enumerate(steps):
        if step == "g" and rng.random() < 0.2:
            steps[i] = "."
        elif step == "." and i % 2 == 1 and rng.random() < 0.12 * amount:
            steps[i] = "g"
    return {**line, _SNARE: "".join(steps)}


def _rolled(line: Line, amount: float, meter: Meter, rng: random.Random) -> Line:
    """Hat rolls: now and then a beat of the closed hat becomes doubles, triplets or quadruples."""
    hat = line.get(_CLOSED)
    if hat is None:
        return line
    per_beat = steps_per_bar(meter) // meter.beats
    for beat in range(meter.beats):
        if rng.random() < amount * (0.35 if beat == meter.beats - 1 else 0.15):
            roll = rng.choice(_ROLLS)
            at = beat * per_beat
            hat = hat[:at] + fit_tail(roll, meter)[:per_beat] + hat[at + per_beat :]
    return {**line, _CLOSED: hat}


def _opened(line: Line) -> Line:
    """The last eighth of the hat opens."""
    hat = line.get(_CLOSED)
    if hat is None or _OPEN in line:
        return line
    return {**line, _CLOSED: hat[:-2] + "..", _OPEN: "." * (len(hat) - 2) + "x."}


def _fill(spec: Groove, section: Section, bar: int, following: float, rng: random.Random) -> str:
    """The fill that this bar ends with, or ""."""
    fills = FILLS[spec.fills]
    if not fills or (section.energy < 0.3 and following < 0.3):
        return ""
    if bar == section.bars - 1:
        size = 0.25 + 0.5 * max(section.energy, following) + rng.uniform(-0.35, 0.35)
        if section.bars < 4 or following < section.energy - 0.25:
            size -= 0.35
        return fills[min(len(fills) - 1, max(0, int(size * len(fills))))]
    chance = 0.7 if bar % 8 == 7 else 0.25 * section.energy
    if bar % 4 == 3 and rng.random() < chance:
        return rng.choice([fill for fill in fills if fill_length(fill) <= 8][:3])
    return ""


def _filled(line: Line, fill: str, meter: Meter) -> Line:
    keeps = fill.startswith("+")
    strokes = {key: fit_tail(steps, meter) for key, steps in read_line(fill.removeprefix("+")).items()}
    length = max(len(steps) for steps in strokes.values())
    filled = dict(line)
    if not keeps:
        kept = {_PEDAL} if _KICK in strokes or length > 8 else {_PEDAL, _KICK}
        filled = {key: steps if key in kept else steps[:-length] + "." * length for key, steps in line.items()}
    for key, steps in strokes.items():
        bar = "." * (steps_per_bar(meter) - len(steps)) + steps
        filled[key] = _united(bar, filled[key]) if key in filled else bar
    return filled


def _crashes(spec: Groove, index: int, bar: int, energy: float) -> bool:
    """A cymbal opens a section that has some energy, and every eighth bar of a full one."""
    if not spec.crash or bar % 8:
        return False
    return energy >= (0.65 if bar else 0.45 if index else 0.7)


def _crash(line: Line, voice: str, meter: Meter) -> Line:
    """A cymbal with the kick on the downbeat, in place of what keeps time there."""
    crashed = {key: "." + steps[1:] if key in _TIMEKEEPERS else steps for key, steps in line.items()}
    rest = "." * (steps_per_bar(meter) - 1)
    crashed[KEYS[voice]] = "X" + crashed.get(KEYS[voice], "." + rest)[1:]
    crashed[_KICK] = "X" + crashed.get(_KICK, "." + rest)[1:]
    return crashed


def _sound(line: Line, start: float, energy: float, meter: Meter) -> list[Note]:
    """The strokes of one bar as notes; louder with the energy."""
    length = step_length(meter)
    loudness = 0.72 + 0.38 * energy
    notes: list[Note] = []
    for key, steps in line.items():
        for i, step in enumerate(steps):
            if step in ".-":
                continue
            velocity = min(127, max(1, round(VELOCITIES[step] * loudness)))
            at = start + i * length
            if step == "f":
                notes.append(Note(max(0.0, at - _FLAM_BEATS), length, key, max(1, velocity // 2)))
            strokes = _STROKES.get(step, 1)
            for stroke in range(strokes):
                lift = round(velocity * (0.9 + 0.2 * stroke / strokes)) if strokes > 1 else velocity
                lasts = _LONG.get(key, length) if strokes == 1 else length / strokes
                notes.append(Note(at + stroke * length / strokes, lasts, key, min(127, max(1, lift))))
    return notes
