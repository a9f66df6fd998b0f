"""Candidates in order: what each measures, and how close that is to what was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from songloom.audio.agreement import key_score, tempo_agrees
from songloom.audio.clip import Audio
from songloom.audio.features.key import estimate_key, key_name
from songloom.audio.features.tempo import estimate_tempo
from songloom.audio.loudness import loudness
from songloom.conditioning import prompt_parser
from songloom.conditioning.curve_errors import control_errors
from songloom.conditioning.curves import Curve, Name
from songloom.conditioning.musical import key_number
from songloom.inference.song import Model, make
from songloom.systems.controls import curves_of, without_controls
from songloom.systems.request import Request


def rank(made: Sequence[Audio], request: Request) -> list[tuple[Audio, dict[str, Any]]]:
    """The candidates with their measurements, the best first; equals keep the order of their seeds."""
    curves = curves_of(request)
    measured = [measure(audio) | errors(audio, curves) for audio in made]
    scores = [score(values, request) for values in measured]
    order = sorted(range(len(made)), key=lambda i: -scores[i])
    return [(made[i], measured[i]) for i in order]


def measure(audio: Audio) -> dict[str, Any]:
    """What can be heard: `tempo` (beats per minute), its `tempo_strength` 0..1, `key`, `loudness` (LUFS)."""
    tempo = estimate_tempo(audio.wave, audio.sample_rate)
    key = estimate_key(audio.wave, audio.sample_rate)
    return {
        "tempo": round(tempo.bpm, 1),
        "tempo_strength": round(tempo.strength, 3),
        "key": key.name if key else None,
        "loudness": round(loudness(audio.wave, audio.sample_rate), 1),
    }


def errors(audio: Audio, curves: Mapping[Name, Curve]) -> dict[str, Any]:
    """`control_error`: how far what is heard is from each of the curves; nothing where there are none."""
    found = control_errors(curves, audio)
    return {"control_error": {name: round(error, 3) for name, error in found.items()}} if found else {}


def uncontrolled(model: Model, request: Request, loudness: float) -> dict[str, Any]:
    """`control_error_uncontrolled`: that of the request's first candidate, made without its curves."""
    free = make(model, replace(without_controls(request), candidates=1), loudness=loudness)[0]
    return {"control_error_uncontrolled": errors(free, curves_of(request))["control_error"]}


def score(measured: dict[str, Any], request: Request) -> float:
    """Agreement with the tempo and key that the request's fields or its prompt name, and with its curves: 0 (nothing
    asked, or nothing met) to 1 for each. A tempo met only by octaves counts half, so does a level that is 6 dB off;
    ties fall to the clearer beat."""
    named = prompt_parser.parse(request.prompt)
    tempo = request.tempo or named.tempo
    key = key_number(request.key) if request.key else named.key
    points = 0.01 * measured["tempo_strength"]
    if tempo is not None:
        points += 0.5 * tempo_agrees(measured["tempo"], tempo)
        points += 0.5 * tempo_agrees(measured["tempo"], tempo, octaves=True)
    if key is not None and measured["key"] is not None:
        points += key_score(measured["key"], key_name(key % 12, "minor" if key >= 12 else "major"))
    for name, error in measured.get("control_error", {}).items():
        points += 1 / (1 + error / 6) if name == "dynamics" else 1 - error
    return points
