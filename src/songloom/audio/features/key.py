"""The key: which of 24 profiles the piece's pitch classes resemble most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from songloom.audio.features.chroma import BASS_HIGHEST, Peaks, fold, spectral_peaks, tuning_of_peaks

PITCH_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
# Shares of pitch classes, tonic first, after Albrecht & Shanahan 2013, table 3, with more weight on the degrees
# of the other modes (lowered seventh and raised fourth in major, lowered second and raised sixth in minor).
MAJOR = np.array([0.230, 0.006, 0.110, 0.006, 0.137, 0.090, 0.030, 0.200, 0.009, 0.085, 0.030, 0.070])
MINOR = np.array([0.230, 0.020, 0.090, 0.130, 0.010, 0.100, 0.012, 0.200, 0.060, 0.025, 0.085, 0.025])
OPENING = 0.1  # of the piece: its bass tells the tonic from the relative key's
OPENING_WEIGHT = 0.3


@dataclass(frozen=True)
class Key:
    """`name` such as "A minor"; `confidence` 0..1, the lead over the next best; `scores` of all 24 keys as
    (name, score), the best first: the correlation with the key's profile and what the opening bass adds."""

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
    return key_of_classes(*pitch_classes(peaks))


def pitch_classes(peaks: Peaks) -> tuple[np.ndarray, np.ndarray]:
    """Shares [12] of the pitch classes of a whole piece, each frame counting alike, and those of the bass
    below 220 Hz while it opens."""
    tuning = tuning_of_peaks(peaks)
    low = peaks.pitch < 69 + 12 * np.log2(BASS_HIGHEST / 440)
    bass = fold(Peaks(peaks.frame[low], peaks.pitch[low], peaks.strength[low], peaks.frames), tuning)
    whole = fold(peaks, tuning, compression=1.0)
    whole = (whole / np.maximum(whole.max(0, keepdims=True), 1e-9)).sum(1)
    opening = bass[:, : max(1, int(OPENING * peaks.frames))].sum(1)
    return whole / max(whole.sum(), 1e-9), opening / max(opening.sum(), 1e-9)


def key_of_classes(classes: np.ndarray, opening: np.ndarray | None = None) -> Key:
    """The key whose profile correlates best with pitch-class shares [12] (C first); shares [12] of the opening
    bass speak for their tonics."""
    tonics = np.zeros(12) if opening is None else OPENING_WEIGHT * opening
    scores = {}
    for mode, profile in (("major", MAJOR), ("minor", MINOR)):
        for tonic in range(12):
            scores[key_name(tonic, mode)] = correlation(classes, np.roll(profile, tonic)) + float(tonics[tonic])
    ranked = tuple(sorted(scores.items(), key=lambda item: -item[1]))
    return Key(ranked[0][0], max(0.0, min(1.0, ranked[0][1] - ranked[1][1])), ranked)


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson's correlation of two vectors; 0 where one is constant."""
    a, b = first - first.mean(), second - second.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else 0.0
