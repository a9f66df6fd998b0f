"""Curves as JSON objects: which control they are of and which keys they have tells what they say.

All moments are seconds. What an object does not reach is left to the model; docs/controls.md shows every form.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from songloom.conditioning.curves import RATE, Curve, Name, Value, beats_curve
from songloom.conditioning.musical import METERS
from songloom.conditioning.notes import REST, chord_classes


def of_json(name: Name, data: object, seconds: float) -> Curve:
    """The curve of a JSON object; which form it has is told by its keys."""
    if not isinstance(data, Mapping):
        raise ValueError(f"a curve is a JSON object, not a {type(data).__name__}")
    for (control, *keys), form in FORMS.items():
        if control in (name, "any") and keys[0] in data:
            unknown = sorted(set(data) - set(keys))
            if unknown:
                raise ValueError(f"{name} with {keys[0]} has no {', '.join(unknown)}; it has: {', '.join(keys)}")
            return form(name, data, seconds)
    known = [keys[0] for control, *keys in FORMS if control in (name, "any")]
    raise ValueError(f"{name} needs one of: {', '.join(known)}; it has: {', '.join(map(str, data)) or 'nothing'}")


def _values(name: Name, data: Mapping[str, Any], seconds: float) -> Curve:
    """One value for every frame of the piece; null where the model is free."""
    values, rate = data["values"], number("frame_rate", data.get("frame_rate", RATE))
    if not isinstance(values, list) or not values:
        raise ValueError(f"{name} has no values")
    if rate <= 0:
        raise ValueError(f"frame_rate must be above 0, not {rate:g}")
    if abs(len(values) - seconds * rate) > 1:
        raise ValueError(
            f"{name} has {len(values)} values at {rate:g} a second; a piece of {seconds:g} s needs "
            f"{seconds * rate:g} (null where it asks for nothing)"
        )
    return Curve.of_values(name, values, rate)


def _points(name: Name, data: Mapping[str, Any], seconds: float) -> Curve:
    """Levels at moments, lines between; free before the first and after the last."""
    points = sorted((_moment(at, seconds), number("a level", level)) for at, level in _lists("points", data, 2))
    if len(points) < 2:
        raise ValueError(f"{name} needs two points or more: it asks for the levels between them")
    moments, levels = zip(*points, strict=True)

    def at(time: float) -> Value:
        return float(np.interp(time, moments, levels)) if moments[0] <= time <= moments[-1] else None

    return Curve.drawn(name, at, seconds)


def _notes(name: Name, data: Mapping[str, Any], seconds: float) -> Curve:
    """Notes from one moment to another, rests between; free before the first and after the last."""
    notes = [(_moment(a, seconds), _moment(b, seconds), note) for a, b, note in _lists("notes", data, 3)]
    if any(begin >= end for begin, end, _ in notes):
        raise ValueError("a note of the melody ends before it begins")
    first, last = min(note[0] for note in notes), max(note[1] for note in notes)

    def at(time: float) -> Value:
        sounding = [note for begin, end, note in notes if begin <= time < end]
        return sounding[-1] if sounding else REST if first <= time < last else None

    return Curve.drawn(name, at, seconds)


def _chords(name: Name, data: Mapping[str, Any], seconds: float) -> Curve:
    """Chords of a bar each, again and again: a note of the chord on every beat, root first."""
    chords = data["chords"]
    if not isinstance(chords, list) or not chords or not all(isinstance(chord, str) for chord in chords):
        raise ValueError(f"chords must be a list of names, not {chords!r}")
    classes = [chord_classes(chord) for chord in chords]
    beat, size, begin, end = _pulse(data, seconds)

    def at(time: float) -> Value:
        bar, place = divmod(int((time - begin) / beat), size)
        chord = classes[bar % len(classes)]
        return chord[place % len(chord)] if begin <= time < end else None

    return Curve.drawn(name, at, seconds)


def _pulses(name: Name, data: Mapping[str, Any], seconds: float) -> Curve:
    """A steady beat."""
    beat, size, begin, end = _pulse(data, seconds)
    beats = [begin + beat * number for number in range(math.ceil((end - begin) / beat))]
    return _of_beats(name, beats, beats[::size], begin, end, seconds)


def _beats(name: Name, data: Mapping[str, Any], seconds: float) -> Curve:
    """Beats at moments; from half a beat before the first to half a beat after the last."""
    beats = sorted(_moment(at, seconds) for at in _list("beats", data))
    downbeats = sorted(_moment(at, seconds) for at in data.get("downbeats") or ())
    if len(beats) < 2:
        raise ValueError("beats need at least two moments")
    apart = min(b - a for a, b in pairwise(beats))
    if apart <= 0:
        raise ValueError("two beats fall on the same moment")
    return _of_beats(name, beats, downbeats, beats[0] - apart / 2, beats[-1] + apart / 2, seconds)


def _of_beats(
    name: Name, beats: Sequence[float], downbeats: Sequence[float], begin: float, end: float, seconds: float
) -> Curve:
    frames = max(1, round(seconds * RATE))
    times = (torch.arange(frames) + 0.5) / RATE
    return Curve(name, beats_curve(beats, downbeats, frames), (times >= begin) & (times < end))


FORMS: dict[tuple[str, ...], Callable[[Name, Mapping[str, Any], float], Curve]] = {
    ("any", "values", "frame_rate"): _values,
    ("dynamics", "points"): _points,
    ("melody", "notes"): _notes,
    ("melody", "chords", "bpm", "meter", "from", "to"): _chords,
    ("rhythm", "bpm", "meter", "from", "to"): _pulses,
    ("rhythm", "beats", "downbeats"): _beats,
}
"""What a JSON object may hold, by control; the first key tells the form."""


def _pulse(data: Mapping[str, Any], seconds: float) -> tuple[float, int, float, float]:
    """Seconds of a beat, beats of a bar, and from when to when."""
    bpm, meter = number("bpm", data.get("bpm")), data.get("meter", "4/4")
    if not 20 <= bpm <= 300:
        raise ValueError(f"bpm must be from 20 to 300, not {bpm:g}")
    if meter not in METERS:
        raise ValueError(f"meter is {meter!r}; it is one of {', '.join(METERS)}")
    begin, end = _moment(data.get("from", 0.0), seconds), _moment(data.get("to", seconds), seconds)
    if begin >= end:
        raise ValueError(f"it goes from {begin:g} to {end:g} s; it must end after it begins")
    return 60 / bpm, METERS[meter], begin, end


def _list(key: str, data: Mapping[str, Any]) -> list[Any]:
    found = data[key]
    if not isinstance(found, list | tuple) or not found:
        raise ValueError(f"{key} must be a list with something in it, not {found!r}")
    return list(found)


def _lists(key: str, data: Mapping[str, Any], size: int) -> list[Any]:
    found = _list(key, data)
    for item in found:
        if not isinstance(item, list | tuple) or len(item) != size:
            raise ValueError(f"{key} must be lists of {size}, not {item!r}")
    return found


def _moment(value: object, seconds: float) -> float:
    """A number of seconds within the piece."""
    moment = number("a moment", value)
    if not 0 <= moment <= seconds:
        raise ValueError(f"{moment:g} s lies outside of the piece, which goes from 0 to {seconds:g} s")
    return moment


def number(what: str, value: object) -> float:
    """A finite number, also one written as text. Raises ValueError that names `what`."""
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise ValueError(f"{what} must be a number, not {value!r}")
    return found
