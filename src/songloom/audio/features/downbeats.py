"""Downbeats: which of the beats begin bars, told by where the bass and the harmony move.

A bar's first beat carries more bass and more often a new chord (Goto 2001, "An audio-based real-time beat tracking
system", sections 3.2 and 3.3). Bars of three and four beats are compared at every shift.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from songloom.audio.features.beats import track_beats
from songloom.audio.features.chroma import FRAME_RATE as CHROMA_RATE
from songloom.audio.features.chroma import chroma
from songloom.audio.features.onsets import FRAME_RATE, STFT, flux
from songloom.audio.features.signal import ANALYSIS_RATE, analysis_signal

BASS_BINS = round(150 * STFT.n_fft / ANALYSIS_RATE)
USUAL_METER = 0.25  # deviations that four beats need less than three
HARMONY = 1.5  # weight of a new chord beside that of the bass


def track_downbeats(wave: Tensor, sample_rate: int, beats: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Seconds of the beats and of those among them that begin bars, of a wave [C, T]; `beats` where they are known."""
    found = track_beats(wave, sample_rate) if beats is None else beats
    if len(found) < 8:
        return found, found[:1]
    meter, first = best_bar(weights(wave, sample_rate, found))
    return found, found[first::meter]


def weights(wave: Tensor, sample_rate: int, beats: np.ndarray) -> np.ndarray:
    """How much each beat [N] seems to begin a bar: its bass and the change of harmony, each of unit deviation."""
    low = STFT.magnitude(analysis_signal(wave, sample_rate))[1 : BASS_BINS + 1]
    rise = flux(torch.log1p(5 * low / low.amax().clamp_min(1e-6))).mean(0).numpy()
    bass = [rise[max(0, round(b * FRAME_RATE) - 4) : round(b * FRAME_RATE) + 6].max(initial=0.0) for b in beats]
    classes = chroma(wave, sample_rate)
    edges = np.clip(np.round(np.append(beats, 2 * beats[-1] - beats[-2]) * CHROMA_RATE), 0, classes.shape[1])
    spans = [classes[:, int(a) : max(int(a) + 1, int(b))].sum(1) for a, b in pairwise(edges)]
    units = [span / max(float(np.linalg.norm(span)), 1e-9) for span in spans]
    change = [0.0, *(1 - float(a @ b) for a, b in pairwise(units))]
    return _standard(np.array(bass)) + HARMONY * _standard(np.array(change))


def best_bar(weight: np.ndarray) -> tuple[int, int]:
    """Beats of a bar (3 or 4) and the first downbeat's number, whose mean weight stands out most, in deviations."""
    scores = {}
    for meter in (3, 4):
        for first in range(meter):
            chosen = weight[first::meter]
            scores[meter, first] = float(chosen.mean()) * np.sqrt(len(chosen)) + USUAL_METER * (meter == 4)
    return max(scores, key=lambda bar: scores[bar])


def _standard(values: np.ndarray) -> np.ndarray:
    deviation = float(values.std())
    return (values - values.mean()) / deviation if deviation > 1e-9 else np.zeros_like(values)
