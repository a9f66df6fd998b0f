"""What one file of music turns out to be: length, level, faults, tempo, key, fingerprint; a pure function of the file.

A long recording is heard in stretches, each of which has facts of its own.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from songloom.audio import files
from songloom.audio.defects import clipped
from songloom.audio.features.fingerprint import Fingerprint, fingerprint
from songloom.audio.features.key import estimate_key
from songloom.audio.features.tempo import estimate_tempo
from songloom.audio.loudness import decibels, loudness
from songloom.data.prepare.stretches import stretches

VERSION = 2
"""Of what is heard; facts of another version are heard again."""
SILENCE = 10 ** (-60 / 20)
HEARD_SECONDS = 180.0
"""From the middle of what is heard, for tempo and key."""
KEY_LETTERS = 20


@dataclass(frozen=True, slots=True)
class Facts:
    """`samples` is the SHA-256 of the decoded wave and its rate; `loudness` in LUFS and `peak` in dB of full scale
    (None for silence), `silent` and `clipped` are shares of the length; `tempo` in BPM and `key` are None where none is
    heard, their confidences 0 to 1: the share of the likeliest reading of the tempo, the lead of the likeliest key.

    A stretch of a longer recording begins `start` seconds into it, as its stretch number `part`; `whole` is the length
    of the recording in seconds and `recording` a hash of all its stretches: 0 and "" for one that is not cut."""

    samples: str
    seconds: float
    sample_rate: int
    channels: int
    format: str
    silent: float
    clipped: float
    loudness: float | None
    peak: float | None
    tempo: float | None
    tempo_confidence: float
    key: str | None
    key_confidence: float
    hashes: str
    part: int = 0
    start: float = 0.0
    whole: float = 0.0
    recording: str = ""

    @property
    def name(self) -> str:
        """A name that tells these samples from all others; those of a recording come in order, side by side."""
        return f"{self.recording[:KEY_LETTERS]}-{self.part:04d}" if self.recording else self.samples[:KEY_LETTERS]

    def fingerprint(self) -> Fingerprint:
        """The hashes, unpacked."""
        pairs = np.frombuffer(base64.b64decode(self.hashes), "<u4").reshape(-1, 2)
        return Fingerprint(pairs[:, 0].astype(np.uint32), pairs[:, 1].astype(np.int32))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Facts:
        return cls(**{field.name: record[field.name] for field in fields(cls) if field.name in record})


def listen(path: Path, longest: float, cut: float = 0.0) -> tuple[Facts, ...]:
    """The facts of a file, stretch by stretch (see `stretches`). Raises ValueError for one that cannot be decoded, or
    is longer than `longest` seconds."""
    told = files.info(path)
    found: list[Facts] = []
    for wave, rate in stretches(path, longest, cut):
        start = found[-1].start + found[-1].seconds if found else 0.0
        one = facts_of(wave, rate, f"{told.format} {told.subtype}")
        found.append(replace(one, part=len(found), start=start))
    if len(found) == 1:
        return tuple(found)
    whole = found[-1].start + found[-1].seconds
    recording = hashlib.sha256(" ".join(one.samples for one in found).encode()).hexdigest()
    return tuple(replace(one, whole=whole, recording=recording) for one in found)


def facts_of(wave: Tensor, rate: int, form: str) -> Facts:
    """The facts of a wave [C, T] that came from a file of this format."""
    power = float(wave.square().mean())
    heard = _middle(wave, rate)
    tempo = estimate_tempo(heard, rate) if power else None
    key = estimate_key(heard, rate) if power else None
    level, peak = loudness(wave[:2], rate), decibels(float(wave.abs().max()))
    prints = fingerprint(wave, rate)
    pairs = np.stack([prints.hashes.astype("<u4"), prints.times.astype("<u4")], axis=1)
    return Facts(
        samples=samples_hash(wave, rate),
        seconds=wave.shape[1] / rate,
        sample_rate=rate,
        channels=wave.shape[0],
        format=form,
        silent=round(silent_share(wave, rate), 4),
        clipped=round(clipped(wave), 6),
        loudness=round(level, 2) if math.isfinite(level) else None,
        peak=round(peak, 2) if math.isfinite(peak) else None,
        tempo=round(tempo.bpm, 2) if tempo and tempo.bpm else None,
        tempo_confidence=round(tempo.candidates[0][1], 3) if tempo and tempo.candidates else 0.0,
        key=key.name if key else None,
        key_confidence=round(key.confidence, 3) if key else 0.0,
        hashes=base64.b64encode(pairs.tobytes()).decode(),
    )


def samples_hash(wave: Tensor, sample_rate: int) -> str:
    """SHA-256 of a wave [C, T] and its rate: the same for lossless copies in any container."""
    digest = hashlib.sha256(f"{sample_rate} {tuple(wave.shape)}".encode())
    digest.update(np.ascontiguousarray(wave.numpy(), "<f4").data)
    return digest.hexdigest()


def silent_share(wave: Tensor, sample_rate: int) -> float:
    """The share of the 50 ms stretches of a wave [C, T] that stay under -60 dB of full scale."""
    hop = min(wave.shape[1], max(1, sample_rate // 20))
    frames = wave[:, : wave.shape[1] // hop * hop].reshape(wave.shape[0], -1, hop)
    return float((frames.square().mean((0, 2)).sqrt() < SILENCE).float().mean())


def _middle(wave: Tensor, sample_rate: int) -> Tensor:
    most = int(HEARD_SECONDS * sample_rate)
    start = max(0, (wave.shape[1] - most) // 2)
    return wave[:, start : start + most]
