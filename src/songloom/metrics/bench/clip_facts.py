"""All that is measured of one clip without a network: length, level, faults, stereo, tempo, key, drums."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from songloom.audio.clip import Audio
from songloom.audio.defects import clicks, clipped, direct_current, is_silent, longest_silence
from songloom.audio.loudness import loudness, true_peak
from songloom.metrics.control_accuracy import hear
from songloom.metrics.stereo import QUIETEST, Stereo, stereo


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFacts:
    """Of one file. `loudness` in LUFS, `true_peak` in dBTP, `clipped` the share of samples in flat tops, `clicks` how
    many, `direct_current` of full scale, `silence` the longest in seconds, `silent` all of it; `stereo` None for one
    channel; `tempo` in beats per minute (0: none), `key` None without pitches; `recipe`: the prompt and what else it
    was made from, where the file says it."""

    seconds: float
    sample_rate: int
    channels: int
    loudness: float
    true_peak: float
    clipped: float
    clicks: int
    direct_current: float
    silence: float
    silent: bool
    stereo: Stereo | None
    tempo: float
    key: str | None
    drums: bool
    recipe: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Plain values; `of_json` reads them."""
        return dataclasses.asdict(self)

    @classmethod
    def of_json(cls, fields: dict[str, Any]) -> ClipFacts:
        """What `to_json` gave. Raises TypeError for other fields."""
        sides = fields.get("stereo")
        return cls(**{**fields, "stereo": Stereo(**sides) if sides else None})


def clip_facts(audio: Audio) -> ClipFacts:
    """Everything that is measured of a clip of any rate; of more than two channels the first two are the stereo."""
    wave, rate = audio.wave, audio.sample_rate
    silent = is_silent(wave)
    heard = hear(audio)
    request = audio.recipe.get("request")
    return ClipFacts(
        seconds=audio.seconds,
        sample_rate=rate,
        channels=audio.channels,
        loudness=_finite(loudness(wave[:5], rate)),
        true_peak=_finite(true_peak(wave, rate)),
        clipped=clipped(wave),
        clicks=clicks(wave, rate),
        direct_current=direct_current(wave),
        silence=longest_silence(wave, rate),
        silent=silent,
        stereo=None if silent else stereo(wave[:2]),
        tempo=0.0 if silent else heard.tempo,
        key=None if silent else heard.key,
        drums=heard.drums and not silent,
        recipe=dict(request) if isinstance(request, dict) else {},
    )


def _finite(level: float) -> float:
    return level if math.isfinite(level) else QUIETEST
