"""Tempo: how well a comb of beats fits the autocorrelation of the onset envelope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from songloom.audio.features.onsets import FRAME_RATE, onset_envelope

SLOWEST, FASTEST = 35.0, 220.0
USUAL_TEMPO, OCTAVES = 112.0, 0.9  # centre and spread of the log-Gaussian prior
COMB = ((1.0, 1.0), (2.0, 0.8), (3.0, 0.4), (4.0, 0.8), (0.5, -0.3))  # (beats of lag, weight)


@dataclass(frozen=True)
class Tempo:
    """`bpm` beats per minute (0 where nothing repeats); `strength` 0..1, how periodic the onsets are; and
    `candidates` (bpm, share) with the other readings (half, double, ...), the likeliest first."""

    bpm: float
    strength: float
    candidates: tuple[tuple[float, float], ...]


def autocorrelation(envelope: np.ndarray) -> np.ndarray:
    """Correlation [F] of an envelope [F] with itself at lags 0, 1, ..., of overlapping parts; 1 at lag 0."""
    centred = envelope - envelope.mean()
    size = 1 << (2 * len(centred) - 1).bit_length()
    raw = np.fft.irfft(np.abs(np.fft.rfft(centred, size)) ** 2, size)[: len(centred)]
    shares = np.arange(len(centred), 0, -1) / len(centred)
    power = raw[0] if raw[0] > 0 else 1.0
    return raw / power / np.maximum(shares, 0.25)


def at_lags(correlation: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """The correlation at fractional lags; 0 beyond its end."""
    return np.interp(lags, np.arange(len(correlation)), correlation, right=0.0)


def estimate_tempo(wave: Tensor, sample_rate: int) -> Tempo:
    """The tempo of a wave [C, T] between 35 and 220 BPM."""
    return tempo_of_envelope(onset_envelope(wave, sample_rate))


def tempo_of_envelope(envelope: np.ndarray) -> Tempo:
    """The tempo of an onset envelope [F] at FRAME_RATE."""
    if not envelope.any():
        return Tempo(0.0, 0.0, ())
    correlation = autocorrelation(smoothed(envelope))
    tempi = np.geomspace(SLOWEST, FASTEST, 1200)
    beats = FRAME_RATE * 60 / tempi
    fit = sum(weight * at_lags(correlation, multiple * beats) for multiple, weight in COMB)
    prior = np.exp(-0.5 * (np.log2(tempi / USUAL_TEMPO) / OCTAVES) ** 2)
    score = np.maximum(np.asarray(fit) / sum(weight for _, weight in COMB), 0) * prior
    inner = np.flatnonzero((score[1:-1] >= score[:-2]) & (score[1:-1] > score[2:])) + 1
    if not len(inner):
        return Tempo(0.0, 0.0, ())
    ranked = inner[np.argsort(-score[inner], kind="stable")][:5]
    total = float(score[ranked].sum())
    candidates = tuple((refined(correlation, float(tempi[i])), float(score[i]) / total) for i in ranked)
    best = float(at_lags(correlation, np.array([FRAME_RATE * 60 / candidates[0][0]]))[0])
    return Tempo(candidates[0][0], min(max(best, 0.0), 1.0), candidates)


def smoothed(envelope: np.ndarray) -> np.ndarray:
    """The envelope under a Gaussian of 15 ms, so that a played beat need not fall on one frame."""
    kernel = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    return np.convolve(envelope, kernel / kernel.sum(), mode="same")


def refined(correlation: np.ndarray, tempo: float) -> float:
    """The tempo within 2 % at which also lags of many beats fit: they tell it finely."""
    tempi = tempo * np.linspace(0.98, 1.02, 201)
    beats = FRAME_RATE * 60 / tempi
    multiples = [m for m in (1, 2, 3, 4, 6, 8, 12, 16) if m * beats[0] < 0.6 * len(correlation)]
    fit = sum((at_lags(correlation, m * beats) for m in multiples), np.zeros(len(tempi)))
    return float(tempi[int(np.argmax(fit))]) if multiples else tempo
