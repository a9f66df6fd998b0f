"""Candidates in order: what each measures, and how close that is to what was asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from songloom.audio.agreement import key_score, tempo_agrees
from songloom.audio.clip import Audio
from songloom.audio.features.key import estimate_key, key_name
from songloom.audio.features.tempo import estimate_tempo
from songloom.audio.loudness import loudness
from songloom.conditioning import prompt_parser
from songloom.conditioning.musical import key_number
from songloom.systems.request import Request


def rank(made: Sequence[Audio], request: Request) -> list[tuple[Audio, dict[str, Any]]]:
    """The candidates with their measurements, the best first; equals keep the order of their seeds."""
    measured = [measure(audio) for audio in made]
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


def score(measured: dict[str, Any], request: Request) -> float:
    """Agreement with the tempo and key that the request's fields or its prompt name: 0 (nothing asked, or
    nothing met) to 2. A tempo met only by octaves counts half; ties fall to the clearer beat."""
    named = prompt_parser.parse(request.prompt)
    tempo = request.tempo or named.tempo
    key = key_number(request.key) if request.key else named.key
    points = 0.01 * measured["tempo_strength"]
    if tempo is not None:
        points += 0.5 * tempo_agrees(measured["tempo"], tempo)
        points += 0.5 * tempo_agrees(measured["tempo"], tempo, octaves=True)
    if key is not None and measured["key"] is not None:
        points += key_score(measured["key"], key_name(key % 12, "minor" if key >= 12 else "major"))
    return points
