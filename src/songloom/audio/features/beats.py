"""Beats: the path through the onsets that keeps the tempo best (dynamic programming, Ellis 2007)."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from songloom.audio.features.onsets import FRAME_RATE, onset_envelope
from songloom.audio.features.tempo import smoothed, tempo_of_envelope

TIGHTNESS = 200.0


def track_beats(wave: Tensor, sample_rate: int, *, tempo: float | None = None) -> np.ndarray:
    """Seconds of the beats of a wave [C, T]; `tempo` (BPM) is estimated when not given. Empty for silence."""
    envelope = onset_envelope(wave, sample_rate)
    bpm = tempo_of_envelope(envelope).bpm if tempo is None else tempo
    if not envelope.any() or bpm <= 0:
        return np.zeros(0)
    return beats_of_envelope(envelope, bpm)


def beats_of_envelope(envelope: np.ndarray, tempo: float) -> np.ndarray:
    """Seconds of the beats of an onset envelope [F] at about `tempo` BPM."""
    period = FRAME_RATE * 60 / tempo
    local = smoothed(envelope)
    score, before = local.copy(), np.full(len(local), -1)
    steps = np.arange(-round(2 * period), -max(1, round(period / 2)) + 1)
    cost = -TIGHTNESS * np.log(-steps / period) ** 2
    for frame in range(len(local)):
        first = np.searchsorted(steps, -frame)
        if first < len(steps):
            options = score[frame + steps[first:]] + cost[first:]
            best = int(np.argmax(options))
            if options[best] > 0:
                score[frame] += options[best]
                before[frame] = frame + steps[first + best]
    return trimmed(traced(score, before, period), local) / FRAME_RATE


def traced(score: np.ndarray, before: np.ndarray, period: float) -> np.ndarray:
    """Frames of the best path, which ends in the last beat's length."""
    start = max(0, len(score) - round(period))
    path = [start + int(np.argmax(score[start:]))]
    while before[path[-1]] >= 0:
        path.append(int(before[path[-1]]))
    return np.array(path[::-1])


def trimmed(beats: np.ndarray, local: np.ndarray) -> np.ndarray:
    """Beats without those before the first and after the last sound."""
    strong = np.flatnonzero(local > 0.1 * local.max())
    return beats[(beats >= strong[0] - 3) & (beats <= strong[-1] + 3)]
