"""What candidates measure, and how close that is to what was asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from songloom.audio.agreement import key_score, tempo_agrees
from songloom.audio.clip import Audio
from songloom.audio.features.key import estimate_key, key_name
from songloom.audio.features.percussion import estimate_percussion
from songloom.audio.features.signal import ANALYSIS_RATE, analysis_signal
from songloom.audio.features.tempo import estimate_tempo
from songloom.audio.loops import seam
from songloom.audio.loudness import loudness
from songloom.conditioning.curve_errors import control_errors
from songloom.conditioning.curves import Curve, Name
from songloom.conditioning.musical import Musical
from songloom.systems.controls import curves_of
from songloom.systems.request import Request
from songloom.systems.wants import named

STANDS_OUT = 0.9
"""The share of a loop's beats that are smoother than its seam, from which on it is heard as one."""
BEAT_SECONDS = 0.5
"""Where no tempo is asked."""
SHORTEST_SECONDS = 1.0
"""Of a section that is measured by itself."""


def agreement(audio: Audio, request: Request) -> float:
    """How well what is measured agrees with the tempo, key and drums that fields and words name, and with the curves: 0
    (nothing asked, or nothing met) to 1 for each; over the sections of a story the mean of that. A tempo met only by
    octaves counts half, so does a level that is 6 dB off; a loop has a point where its seam does not stand out; ties
    fall to the clearer beat."""
    found_in = [points(measure(part, asked), asked) for part, _, asked in parts(audio, request)]
    found = sum(found_in) / max(1, len(found_in))
    for name, error in control_errors(curves_of(request), audio).items():
        found += 1 / (1 + error / 6) if name == "dynamics" else 1 - error
    if request.loop:
        beat = 60 / request.named_tempo if request.named_tempo else BEAT_SECONDS
        found += seam(audio.wave, audio.sample_rate, beat) < STANDS_OUT
    return found


def measure(audio: Audio, asked: Musical | None = None) -> dict[str, Any]:
    """What can be heard: `tempo` (beats per minute), its `tempo_strength` 0..1, `key`, `drums` 0..1 (how likely there
    are any), `loudness` (LUFS). Of key, drums and loudness only what is `asked` where that is given."""
    signal = analysis_signal(audio.wave, audio.sample_rate)
    tempo = estimate_tempo(signal, ANALYSIS_RATE)
    found: dict[str, Any] = {"tempo": round(tempo.bpm, 1), "tempo_strength": round(tempo.strength, 3)}
    if asked is None or asked.key is not None:
        key = estimate_key(signal, ANALYSIS_RATE)
        found["key"] = key.name if key else None
    if asked is None or asked.drums is not None:
        found["drums"] = round(estimate_percussion(signal, ANALYSIS_RATE).drums, 2)
    if asked is None:
        found["loudness"] = round(loudness(audio.wave, audio.sample_rate), 1)
    return found


def heard(audio: Audio, request: Request) -> dict[str, Any]:
    """What is measured of a candidate, and how far it is from the request's curves."""
    return measure(audio) | errors(audio, curves_of(request))


def errors(audio: Audio, curves: Mapping[Name, Curve]) -> dict[str, Any]:
    """`control_error`: how far what is heard is from each of the curves; nothing where there are none."""
    found = control_errors(curves, audio)
    return {"control_error": {name: round(error, 3) for name, error in found.items()}} if found else {}


def points(measured: dict[str, Any], asked: Musical) -> float:
    """Up to one point each for tempo, key and drums, where they are asked."""
    found = 0.01 * float(measured["tempo_strength"])
    if asked.tempo is not None:
        found += 0.5 * tempo_agrees(measured["tempo"], asked.tempo)
        found += 0.5 * tempo_agrees(measured["tempo"], asked.tempo, octaves=True)
    if asked.key is not None and measured["key"] is not None:
        found += key_score(measured["key"], key_name(asked.key % 12, "minor" if asked.key >= 12 else "major"))
    if asked.drums is not None:
        found += measured["drums"] if asked.drums else 1 - measured["drums"]
    return found


def parts(audio: Audio, request: Request) -> Iterator[tuple[Audio, str, Musical]]:
    """Each section's part of the audio with its words and what is asked there in numbers; sections too short to measure
    are left out."""
    sections = request.sections
    ends = [*(section.start for section in sections[1:]), audio.seconds]
    for section, end, wants in zip(sections, ends, named(request), strict=True):
        if end - section.start >= SHORTEST_SECONDS or len(sections) == 1:
            begin, stop = (round(second * audio.sample_rate) for second in (section.start, end))
            yield replace(audio, wave=audio.wave[:, begin:stop]), section.prompt, wants
