"""What one file of music turns out to be: length, level, faults, tempo, key, fingerprint; a pure function of the file.

Nothing is allocated by what a header claims: sound is decoded block by block up to a bound, and what has more than a
few channels or an odd sample rate is refused before.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from torch import Tensor

from songloom.audio import files
from songloom.audio.defects import clipped
from songloom.audio.features.fingerprint import Fingerprint, fingerprint
from songloom.audio.features.key import estimate_key
from songloom.audio.features.tempo import estimate_tempo
from songloom.audio.loudness import decibels, loudness

VERSION = 1
"""Of what is heard; facts of another version are heard again."""
MOST_CHANNELS = 8
RATES = (4_000, 384_000)
MOST_VALUES = 1 << 28
"""Samples of all channels together that one file may have: 1 GiB of float32."""
SILENCE = 10 ** (-60 / 20)
HEARD_SECONDS = 180.0
"""From the middle of a recording, for tempo and key."""


@dataclass(frozen=True, slots=True)
class Facts:
    """`samples` is the SHA-256 of the decoded wave and its rate; `loudness` in LUFS and `peak` in dB of full scale
    (None for silence), `silent` and `clipped` are shares of the length; `tempo` in BPM and `key` are None where none is
    heard, their confidences 0 to 1: the share of the likeliest reading of the tempo, the lead of the likeliest key."""

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

    def fingerprint(self) -> Fingerprint:
        """The hashes, unpacked."""
        pairs = np.frombuffer(base64.b64decode(self.hashes), "<u4").reshape(-1, 2)
        return Fingerprint(pairs[:, 0].astype(np.uint32), pairs[:, 1].astype(np.int32))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Facts:
        return cls(**{field.name: record[field.name] for field in fields(cls)})


def listen(path: Path, longest: float) -> Facts:
    """The facts of a file. Raises ValueError for one that cannot be decoded, or is longer than `longest` seconds."""
    told = files.info(path)
    wave, rate = decode(path, longest)
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
        format=f"{told.format} {told.subtype}",
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


def decode(path: Path, longest: float) -> tuple[Tensor, int]:
    """The wave [C, T] of a file and its sample rate, decoded until it is over or has proved longer than `longest`
    seconds, which raises ValueError, as does what is no music: odd rates, many channels, no samples."""
    with files.opened(path) as sound:
        rate, channels = sound.samplerate, sound.channels
        if channels > MOST_CHANNELS or not RATES[0] <= rate <= RATES[1]:
            raise ValueError(
                f"{path} has {channels} channels at {rate} Hz; at most {MOST_CHANNELS} at {RATES} Hz are read"
            )
        most = min(int(longest * rate), MOST_VALUES // channels)
        parts, count = [], 0
        while count <= most:
            try:
                block = sound.read(files.BLOCK, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                raise ValueError(f"{path} breaks off: {error.error_string}") from None
            if not len(block):
                break
            parts.append(block.T)
            count += len(block)
        claimed = sound.frames
    if count > most:
        raise ValueError(f"{path} is longer than {most / rate:g} s")
    if not count:
        raise ValueError(f"{path} has no audio")
    if count < claimed:
        raise ValueError(f"{path} breaks off after {count / rate:g} s of {claimed / rate:g} s")
    wave = np.concatenate(parts, axis=1)
    if not np.isfinite(wave).all():
        raise ValueError(f"{path} has samples that are not numbers (NaN or infinite)")
    return torch.from_numpy(wave), rate


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
