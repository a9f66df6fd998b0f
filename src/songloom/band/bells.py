"""Two-operator frequency modulation (Chowning, 1973) with an inharmonic ratio: bells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from songloom.band.effects import Wave
from songloom.band.fluid import LineNote
from songloom.band.oscillators import hertz

_RATIOS = (1.4, 2.0, 3.5, 7.0)
_RING = 2.4


def play_bell(notes: Sequence[LineNote], samples: int, sample_rate: int, rng: np.random.Generator) -> Wave:
    """Notes that ring to their natural end, float32 [2, samples]."""
    ratio, depth = float(rng.choice(_RATIOS)), rng.uniform(1.2, 2.6)
    ring = _RING * rng.uniform(0.6, 1.2)
    tones = {pitch: _bell(pitch, ratio, depth, ring, sample_rate) for pitch in sorted({note.pitch for note in notes})}
    out = np.zeros((2, samples), np.float32)
    for note in notes:
        start = max(0, int(note.start * sample_rate))
        count = min(tones[note.pitch].shape[-1], samples - start)
        if count > 0:
            gain = np.float32((note.velocity / 127.0) ** 1.4)
            out[:, start : start + count] += gain * tones[note.pitch][:, :count]
    return out


def _bell(pitch: int, ratio: float, depth: float, ring: float, sample_rate: int) -> Wave:
    time = np.arange(int(ring * sample_rate), dtype=np.float64) / sample_rate
    frequency = hertz(pitch)
    ratio = min(ratio, 0.4 * sample_rate / frequency)
    index = depth * np.exp(-time / (0.25 * ring)) * min(1.0, 2000.0 / frequency)
    shape = np.exp(-time / (0.28 * ring)) * np.minimum(1.0, time / 0.002) * np.minimum(1.0, (ring - time) / 0.05)
    sides = []
    for cents in (-2.0, 2.0):
        carrier = 2 * np.pi * frequency * 2.0 ** (cents / 1200.0) * time
        sides.append(shape * np.sin(carrier + index * np.sin(ratio * carrier)))
    return np.stack(sides).astype(np.float32)
