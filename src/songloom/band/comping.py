"""Accompaniment: figures realised over a progression, with voice leading, strums and a life over the form."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from songloom.band.changes import Changes
from songloom.band.comping_cells import CELLS, Figure
from songloom.band.comping_free import chip_arpeggio, drone, harp, pad
from songloom.band.comping_voicing import Comp, bass_room
from songloom.band.grid import choose, fit, step_length
from songloom.band.overlaps import without_overlaps
from songloom.band.piece import Chord, Meter, Note, Section

_TOUCH = {"X": 12, "x": 0, "o": -16, "D": 4, "U": -6, "M": -22, "B": 4, "b": 0, "C": -4, "P": 2, "A": 4}
_LONGEST_RING = 4.0
_MUTED_BEATS = 0.06


def play(
    figure: str,
    chords: Sequence[Chord],
    sections: Sequence[Section],
    meter: Meter,
    rng: random.Random,
    low: int,
    high: int,
) -> list[Note]:
    """The figure over all bars, unswung and unhumanised (strums have their spread), in order of time and inside
    low..high. Sections of one name and energy share their rhythm."""
    if figure not in FIGURES:
        raise ValueError(f"figure {figure!r} is not one of {', '.join(FIGURES)}")
    if high <= low:
        raise ValueError(f"a figure needs a range of pitches, not {low} to {high}")
    if not sections:
        return []
    return without_overlaps(FIGURES[figure](Comp(Changes(chords), sections, meter, rng, low, high)))


def _from_cells(spec: Figure) -> Callable[[Comp], list[Note]]:
    def perform(comp: Comp) -> list[Note]:
        return _realise(_written(spec, comp), spec, comp)

    return perform


def _written(spec: Figure, comp: Comp) -> str:
    """The steps of the whole piece: the section's cell in every bar, varied in its last."""
    plans: dict[tuple[str, int], tuple[list[str], list[str]]] = {}
    bars: list[str] = []
    for section in comp.sections:
        key = (section.name, round(section.energy * 5))
        if key not in plans:
            plans[key] = _cells(spec, section.energy, comp)
        cell, turn = plans[key]
        bars += [cell[bar % len(cell)] for bar in range(section.bars)]
        if section.bars >= 4:
            bars[-1] = turn[-1]
    return "".join(bars)


def _cells(spec: Figure, energy: float, comp: Comp) -> tuple[list[str], list[str]]:
    """The section's cell, and the one that varies it at the end."""
    own = spec.meters.get(comp.meter.name)
    if own:
        cell = choose(own, energy, comp.rng).split("|")
        return cell, choose(own, energy + 0.2, comp.rng).split("|")
    chosen = choose(spec.cells, energy, comp.rng, spread=0.25)
    turn = comp.rng.choice(spec.turns) if spec.turns and energy >= 0.25 else chosen
    return tuple(fit(steps, comp.meter, spec.three, spec.two) for steps in (chosen, turn))  # type: ignore[return-value]


def _realise(written: str, spec: Figure, comp: Comp) -> list[Note]:
    length = step_length(comp.meter)
    bottom = bass_room(comp.low, comp.high) if spec.bass else 0
    voicings = comp.grips(spec.top) if spec.power else comp.voicings(spec.count, bottom, spec.top)
    notes: list[Note] = []
    i = 0
    while i < len(written):
        token = written[i]
        j = i + 1
        while j < len(written) and written[j] == "-":
            j += 1
        if token not in ".-":
            start, end = i * length, min(j * length, float(comp.beats))
            ahead = token == "A" and comp.changes.nears(start)
            place = comp.changes.end(start) if ahead else start
            change = comp.changes.end(place)
            index = comp.changes.index(place)
            notes += _strike(token, start, min(end, change), voicings[index], comp.changes.chords[index], spec, comp)
            if change < end - length / 2 and not ahead:
                j = max(i + 1, round(change / length))
                written = written[:j] + token + written[j + 1 :]
        i = j
    return notes


def _strike(
    token: str, start: float, end: float, voicing: tuple[int, ...], chord: Chord, spec: Figure, comp: Comp
) -> list[Note]:
    """The notes of one token, from low to high or in the order of the strum."""
    pitches = _pitches(token, voicing, chord, spec, comp)
    velocity = comp.velocity(start, _TOUCH.get(token, 0) + spec.loudness)
    length = max(0.05, (end - start) * spec.gate)
    if spec.rings and (token.isdigit() or token in "BbP"):
        length = max(length, min(comp.changes.end(start) - start, _LONGEST_RING, comp.beats - start))
    if token == "M":
        length = _MUTED_BEATS
    notes = []
    for order, pitch in enumerate(pitches):
        delay = order * spec.spread * (0.7 if token in "UM" else 1.0)
        softer = order * 2 if token == "U" else 0
        at = start + delay
        notes.append(Note(at, max(0.05, length - delay), pitch, max(1, velocity - softer)))
    return notes


def _pitches(token: str, voicing: tuple[int, ...], chord: Chord, spec: Figure, comp: Comp) -> list[int]:
    if token in "Bb":
        return [comp.bass(chord) if token == "B" else comp.fifth(chord)]
    if token.isdigit():
        octave, voice = divmod(int(token) - 1, len(voicing))
        return [comp.clipped(voicing[voice] + 12 * octave)]
    if token == "U":
        return list(reversed(voicing[-3:]))
    if spec.bass and token in "PDxXA":
        return list(dict.fromkeys((comp.bass(chord), *voicing)))
    return list(voicing[:2] if spec.power and token == "o" else voicing)


FIGURES: dict[str, Callable[[Comp], list[Note]]] = {
    **{name: _from_cells(spec) for name, spec in CELLS.items()},
    "pad": pad,
    "drone": drone,
    "chip arpeggio": chip_arpeggio,
    "harp glissandi": harp,
}
