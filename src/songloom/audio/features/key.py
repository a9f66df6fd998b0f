"""The key: which of 24 profiles the piece's pitch classes resemble most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from songloom.audio.features.chroma import BASS_HIGHEST, Peaks, fold, spectral_peaks, tuning_of_peaks

PITCH_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
# Albrecht & Shanahan 2013, table 3: shares of pitch classes in pieces of each mode, tonic first.
MAJOR = np.array([0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081])
MINOR = np.array([0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052])
BASS_WEIGHT = 0.3


@dataclass(frozen=True)
class Key:
    """`name` such as "A minor"; `confidence` 0..1, the lead over the next best; `scores` of all 24 keys as
    (name, correlation), the best first."""

    name: str
    confidence: float
    scores: tuple[tuple[str, float], ...]


def key_name(tonic: int, mode: str) -> str:
    """ "Eb major" of (3, "major")."""
    return f"{PITCH_NAMES[tonic % 12]} {mode}"


def estimate_key(wave: Tensor, sample_rate: int) -> Key | None:
    """The key of a wave [C, T]; None where it has no pitches."""
    peaks = spectral_peaks(wave, sample_rate)
    if not len(peaks.pitch):
        return None
    return key_of_classes(pitch_classes(peaks))


def pitch_classes(peaks: Peaks) -> np.ndarray:
    """Shares [12] of the pitch classes of a whole piece: louder frames count more, the bass once more."""
    tuning = tuning_of_peaks(peaks)
    whole = fold(peaks, tuning).sum(1)
    low = peaks.pitch < 69 + 12 * np.log2(BASS_HIGHEST / 440)
    bass = fold(Peaks(peaks.frame[low], peaks.pitch[low], peaks.strength[low], peaks.frames), tuning).sum(1)
    shares = whole / max(whole.sum(), 1e-9) + BASS_WEIGHT * bass / max(bass.sum(), 1e-9)
    return shares / shares.sum()


def key_of_classes(classes: np.ndarray) -> Key:
    """The key whose profile correlates best with pitch-class shares [12] (C first)."""
    scores = {}
    for mode, profile in (("major", MAJOR), ("minor", MINOR)):
        for tonic in range(12):
            scores[key_name(tonic, mode)] = correlation(classes, np.roll(profile, tonic))
    ranked = tuple(sorted(scores.items(), key=lambda item: -item[1]))
    return Key(ranked[0][0], max(0.0, min(1.0, ranked[0][1] - ranked[1][1])), ranked)


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson's correlation of two vectors; 0 where one is constant."""
    a, b = first - first.mean(), second - second.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else 0.0
