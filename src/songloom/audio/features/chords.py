"""Chords: major and minor triads over time, by templates over the chroma and a path that seldom changes.

Fujishima 1999 ("Realtime chord recognition of musical sound") compares each moment's pitch classes with those of the
chords; Sheh & Ellis 2003 add that chords last (a hidden Markov model's best path).
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from songloom.audio.features.chroma import FRAME_RATE, chroma
from songloom.audio.features.key import PITCH_NAMES

NO_CHORD = "N"
TRIADS = {"": (0, 4, 7), "m": (0, 3, 7)}
NAMES = (*(f"{root}{kind}" for kind in TRIADS for root in PITCH_NAMES), NO_CHORD)
CHANGE = 0.5
"""What a change costs against the likeness of chords, which is summed over the frames."""
NEITHER = 0.55
"""The likeness at which no chord is as good as any."""

Segment = tuple[float, float, str]
"""From one second to another: a chord by its name, such as "F#m", or NO_CHORD."""


def estimate_chords(wave: Tensor, sample_rate: int) -> list[Segment]:
    """The triads of a wave [C, T], one after the other from 0 seconds to its end."""
    path = best_path(likeness(chroma(wave, sample_rate)))
    return segments(path, wave.shape[-1] / sample_rate)


def templates() -> np.ndarray:
    """[24, 12], of length 1: the pitch classes of each triad of NAMES, C first."""
    rows = [np.roll(np.isin(np.arange(12), steps), root) for steps in TRIADS.values() for root in range(12)]
    return np.stack(rows) / np.sqrt(3.0)


def likeness(classes: np.ndarray) -> np.ndarray:
    """Chroma [12, F] -> how alike each frame is to each of NAMES, [25, F]: cosines."""
    sizes = np.linalg.norm(classes, axis=0)
    alike = templates() @ (classes / np.maximum(sizes, 1e-9))
    neither = np.where(sizes > 0, NEITHER, 1.0)[None]
    return np.concatenate([alike, neither])


def best_path(scores: np.ndarray, change: float = CHANGE) -> np.ndarray:
    """The row [F] for each column of scores [S, F] with the greatest sum, each change costing `change` (Viterbi
    1967)."""
    total, before = scores[:, 0].copy(), np.zeros(scores.shape, np.int64)
    stay = np.arange(len(scores))
    for frame in range(1, scores.shape[1]):
        best = int(np.argmax(total))
        moved = total[best] - change > total
        before[:, frame] = np.where(moved, best, stay)
        total = np.where(moved, total[best] - change, total) + scores[:, frame]
    path = [int(np.argmax(total))]
    for frame in range(scores.shape[1] - 1, 0, -1):
        path.append(int(before[path[-1], frame]))
    return np.array(path[::-1])


def segments(path: np.ndarray, seconds: float) -> list[Segment]:
    """Rows of NAMES [F] as segments; the last one ends at `seconds`. Frames stand around multiples of their length."""
    starts = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist()]
    moments = [0.0, *((start - 0.5) / FRAME_RATE for start in starts[1:]), seconds]
    return [
        (moments[i], moments[i + 1], NAMES[int(path[start])])
        for i, start in enumerate(starts)
        if moments[i + 1] > moments[i]
    ]
