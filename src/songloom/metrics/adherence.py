"""Does the music follow its prompt? What is measured of a clip, and each figure over many clips with its interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from songloom.audio.agreement import key_score, tempo_agrees
from songloom.audio.defects import clicks, direct_current, longest_silence
from songloom.audio.features.key import estimate_key
from songloom.audio.features.tempo import estimate_tempo
from songloom.audio.loudness import loudness
from songloom.metrics.confidence import Estimate, estimate, mean, share
from songloom.metrics.ear import Ear, quarter
from songloom.metrics.ear_training import f1
from songloom.metrics.prompts import Asked

NEAR_KEY = 0.3
SILENT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What can be heard in one clip. `tempo` in beats per minute, `key` None without pitches, `loudness` in LUFS,
    `silence` the longest in seconds, `embedding` [N][E] of the ear's windows."""

    tempo: float
    key: str | None
    style: str
    mood: str
    quarter: str
    families: tuple[str, ...]
    drums: bool
    loudness: float
    clicks: int
    direct_current: float
    silence: float
    embedding: tuple[tuple[float, ...], ...]


def measure(wave: Tensor, sample_rate: int, ear: Ear) -> Measured:
    """What is heard in a wave [C, T]."""
    heard = ear.listen(wave, sample_rate)
    key = estimate_key(wave, sample_rate)
    level = loudness(wave, sample_rate)
    return Measured(
        round(estimate_tempo(wave, sample_rate).bpm, 2),
        key.name if key else None,
        heard.style,
        heard.mood,
        heard.quarter,
        tuple(sorted(heard.present())),
        heard.drums > 0.5,
        round(level, 2) if math.isfinite(level) else -99.0,
        clicks(wave, sample_rate),
        round(direct_current(wave), 6),
        round(longest_silence(wave, sample_rate), 2),
        tuple(tuple(round(value, 4) for value in row) for row in heard.embedding.tolist()),
    )


def of_json(fields: dict[str, Any]) -> Measured:
    """`Measured` of its own fields as JSON gives them back."""
    rows = tuple(tuple(row) for row in fields["embedding"])
    return Measured(**{**fields, "families": tuple(fields["families"]), "embedding": rows})


Judge = Callable[[Asked, Measured], float | bool]


def _families(asked: Asked, heard: Measured) -> float:
    """F1 of the families that are heard against those of the piece."""
    return f1(set(asked.families), set(heard.families))


def _key(asked: Asked, heard: Measured) -> float:
    return key_score(heard.key, asked.key) if heard.key and asked.key else 0.0


def _recall(asked: Asked, heard: Measured) -> float:
    return len(set(asked.named_families) & set(heard.families)) / len(asked.named_families)


# Figure -> (what the prompt must name, the judgement; a bool makes a share, a float a mean).
FIGURES: dict[str, tuple[str | None, Judge]] = {
    "tempo, octaves allowed": ("tempo", lambda asked, heard: tempo_agrees(heard.tempo, asked.tempo, octaves=True)),
    "tempo, exact": ("tempo", lambda asked, heard: tempo_agrees(heard.tempo, asked.tempo)),
    "key, near": ("key", lambda asked, heard: _key(asked, heard) >= NEAR_KEY),
    "key, exact": ("key", lambda asked, heard: _key(asked, heard) == 1.0),
    "key, weighted": ("key", _key),
    "drums": (None, lambda asked, heard: heard.drums == asked.drums),
    "drums, where named": ("drums", lambda asked, heard: heard.drums == asked.drums),
    "families F1": (None, _families),
    "named families heard": ("families", _recall),
    "style": ("style", lambda asked, heard: heard.style == asked.style),
    "mood": ("mood", lambda asked, heard: heard.mood == asked.mood),
    "mood quarter": ("mood", lambda asked, heard: heard.quarter == quarter(asked.mood)),
}


def follow(prompts: Sequence[Asked], heard: Sequence[Measured]) -> dict[str, Estimate]:
    """Every figure of FIGURES over the pairs whose prompt names what it needs."""
    rows = {}
    for name, (needed, judge) in FIGURES.items():
        values = [judge(a, h) for a, h in zip(prompts, heard, strict=True) if needed is None or needed in a.named]
        rows[name] = estimate(values)
    return rows


def shuffled(prompts: Sequence[Asked]) -> list[Asked]:
    """The prompts, each moved to another one's place: half the list further, so that no one stays."""
    by = max(1, len(prompts) // 2)
    return [*prompts[by:], *prompts[:by]]


def soundness(heard: Sequence[Measured], target: float | None) -> dict[str, Estimate]:
    """Loudness against `target` LUFS (None: not compared), clicks, direct current and silence."""
    rows: dict[str, Estimate] = {}
    if target is not None:
        rows["loudness, LU from the target"] = mean([abs(one.loudness - target) for one in heard])
        rows["loudness within 3 LU"] = share([abs(one.loudness - target) <= 3.0 for one in heard])
    rows["free of clicks"] = share([one.clicks == 0 for one in heard])
    rows["free of direct current"] = share([one.direct_current < 1e-3 for one in heard])
    rows["free of silence"] = share([one.silence < SILENT_SECONDS for one in heard])
    return rows
