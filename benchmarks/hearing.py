"""What one copy of a clip is like beside its original: spectra, samples, tempo, key, loudness, an opinion."""

from __future__ import annotations

import math
from dataclasses import dataclass

from coders import Copy
from torch import Tensor

from songloom.audio.agreement import tempo_agrees
from songloom.audio.features.key import estimate_key
from songloom.audio.features.tempo import estimate_tempo
from songloom.audio.loudness import loudness
from songloom.metrics import visqol
from songloom.metrics.spectral import (
    audible_mel_distance,
    mel_distance,
    multi_scale_mel_distance,
    multi_scale_stft_distance,
    spectral_convergence,
)
from songloom.metrics.waveform import si_sdr


@dataclass(frozen=True)
class Excerpt:
    """Part of a clip: `wave` [1, T]."""

    name: str
    wave: Tensor


@dataclass(frozen=True)
class Heard:
    """What one copy is like beside its original; None where there is nothing to say. `encode` and `decode` are
    CPU seconds per second of audio."""

    clip: str
    kbps: float | None
    mel: float
    stft: float
    si_sdr: float | None
    visqol: float | None
    mel_decibels: float
    audible_mel_decibels: float
    convergence: float
    tempo: bool | None
    key: bool | None
    loudness: float | None
    encode: float | None
    decode: float | None


@dataclass(frozen=True)
class Traits:
    """What estimators say of a wave: beats per minute (0 for none), key (None for none), LUFS."""

    tempo: float
    key: str | None
    loudness: float


def traits(wave: Tensor, rate: int) -> Traits:
    """Of a wave [1, T]."""
    key = estimate_key(wave, rate)
    return Traits(estimate_tempo(wave, rate).bpm, key.name if key else None, loudness(wave, rate))


def beside(copy: Copy, one: Excerpt, original: Traits, rate: int) -> Heard:
    """All figures of one copy."""
    made, true, seconds = copy.wave, one.wave, one.wave.shape[-1] / rate
    now = traits(made, rate)
    return Heard(
        clip=one.name,
        kbps=copy.kbps,
        mel=multi_scale_mel_distance(made, true, rate),
        stft=multi_scale_stft_distance(made, true),
        si_sdr=_finite(si_sdr(made, true)),
        visqol=visqol.visqol(made, true, rate) if visqol.installed() else None,
        mel_decibels=mel_distance(made, true, rate),
        audible_mel_decibels=audible_mel_distance(made, true, rate),
        convergence=spectral_convergence(made, true),
        tempo=tempo_agrees(now.tempo, original.tempo) if original.tempo else None,
        key=now.key == original.key if original.key else None,
        loudness=_finite(abs(now.loudness - original.loudness)),
        encode=None if copy.encode_seconds is None else copy.encode_seconds / seconds,
        decode=None if copy.decode_seconds is None else copy.decode_seconds / seconds,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
