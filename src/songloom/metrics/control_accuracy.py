"""Is what was asked in so many words or curves what is heard? Tempo, key, drums, chords, melody, dynamics, rhythm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from songloom.audio.agreement import key_relation, key_score, tempo_agrees
from songloom.audio.clip import Audio
from songloom.audio.features.chords import Segment, estimate_chords
from songloom.audio.features.key import estimate_key
from songloom.audio.features.percussion import estimate_percussion
from songloom.audio.features.tempo import estimate_tempo
from songloom.conditioning.curve_errors import curve_error
from songloom.conditioning.curves import RATE, Curve, Name
from songloom.metrics.chords import chord_recall
from songloom.metrics.confidence import Estimate, estimate


@dataclass(frozen=True, eq=False)
class Wanted:
    """What one prompt asks for; None, or nothing, for what it does not. `tempo` in beats per minute, `key` such as
    "A minor"."""

    tempo: float | None = None
    key: str | None = None
    drums: bool | None = None
    chords: tuple[Segment, ...] = ()
    curves: Mapping[Name, Curve] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Heard:
    """What is heard in one clip. `tempo` 0 where nothing repeats, `key` None without pitches; `chords` and `curves`
    where they were asked for."""

    tempo: float
    key: str | None
    drums: bool
    chords: tuple[Segment, ...] = ()
    curves: Mapping[Name, Curve] = field(default_factory=dict)


def hear(audio: Audio, wanted: Wanted | None = None) -> Heard:
    """Tempo, key and drums of a clip; chords and curves where `wanted` asks for them."""
    key = estimate_key(audio.wave, audio.sample_rate)
    asked = wanted or Wanted()
    return Heard(
        tempo=estimate_tempo(audio.wave, audio.sample_rate).bpm,
        key=key.name if key else None,
        drums=estimate_percussion(audio.wave, audio.sample_rate).drums > 0.5,
        chords=tuple(estimate_chords(audio.wave, audio.sample_rate)) if asked.chords else (),
        curves={name: Curve.of_audio(name, audio) for name in asked.curves},
    )


Judge = Callable[[Wanted, Heard], float | bool | None]


def _tempo(octaves: bool) -> Judge:
    def judge(wanted: Wanted, heard: Heard) -> bool | None:
        return None if wanted.tempo is None else tempo_agrees(heard.tempo, wanted.tempo, octaves=octaves)

    return judge


def _key(*relations: str) -> Judge:
    def judge(wanted: Wanted, heard: Heard) -> bool | None:
        if wanted.key is None:
            return None
        return heard.key is not None and key_relation(heard.key, wanted.key) in relations

    return judge


def _weighted_key(wanted: Wanted, heard: Heard) -> float | None:
    if wanted.key is None:
        return None
    return key_score(heard.key, wanted.key) if heard.key else 0.0


def _drums(wanted: Wanted, heard: Heard) -> bool | None:
    return None if wanted.drums is None else heard.drums == wanted.drums


def _chords(wanted: Wanted, heard: Heard) -> float | None:
    return chord_recall(wanted.chords, heard.chords) if wanted.chords and heard.chords else None


def _curve(name: Name) -> Judge:
    def judge(wanted: Wanted, heard: Heard) -> float | None:
        both = name in wanted.curves and name in heard.curves
        return 1.0 - curve_error(wanted.curves[name], heard.curves[name]) if both else None

    return judge


def _dynamics(wanted: Wanted, heard: Heard) -> float | None:
    both = "dynamics" in wanted.curves and "dynamics" in heard.curves
    return dynamics_correlation(wanted.curves["dynamics"], heard.curves["dynamics"]) if both else None


FIGURES: dict[str, Judge] = {
    "tempo, exact": _tempo(False),
    "tempo, octaves allowed": _tempo(True),
    "key, exact": _key("same"),
    "key, exact or relative": _key("same", "relative"),
    "key, exact or parallel": _key("same", "parallel"),
    "key, weighted": _weighted_key,
    "drums": _drums,
    "chords, part of the time": _chords,
    "melody, part of the time": _curve("melody"),
    "dynamics, correlation": _dynamics,
    "rhythm, F of beats": _curve("rhythm"),
}
"""Tempo within 4 % (MIREX accuracy 1 and 2); keys with mir_eval's relations and weights; chords by weighted recall of
triads; melody accuracy, dynamics correlation and beats within 70 ms as in arXiv 2311.07069, section V-C."""


def judged(wanted: Wanted, heard: Heard) -> dict[str, float | bool]:
    """Each of FIGURES that one prompt asks for: a bool for met or not, or a number, 1 the best."""
    return {name: found for name, judge in FIGURES.items() if (found := judge(wanted, heard)) is not None}


def accuracy(wanted: Sequence[Wanted], heard: Sequence[Heard]) -> dict[str, Estimate]:
    """Each of FIGURES over the pairs that ask for it; those that none asks for are left out."""
    rows = [judged(w, h) for w, h in zip(wanted, heard, strict=True)]
    found = {name: [row[name] for row in rows if name in row] for name in FIGURES}
    return {name: estimate(values) for name, values in found.items() if values}


def dynamics_correlation(asked: Curve, heard: Curve) -> float:
    """Pearson's correlation of two levels over the frames that are asked for, -1..1; 0 where either is constant."""
    values, _ = heard.on(RATE, asked.frames)
    one, two = (rows[0, asked.mask].double() for rows in (asked.values, values))
    one, two = one - one.mean(), two - two.mean()
    size = float(torch.sqrt(one.square().sum() * two.square().sum()))
    return float((one * two).sum()) / size if size > 1e-9 else 0.0
