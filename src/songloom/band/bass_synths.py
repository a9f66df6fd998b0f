"""Single-voice basses whose pitch glides from note to note: the 808 and the acid line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from songloom.band.effects import Wave, saturate
from songloom.band.fluid import LineNote
from songloom.band.oscillators import Timbre, hertz, level_of, oscillate, tables

_OVERLAP = 0.03  # seconds that two notes must share for the pitch to slide
_LONGEST_808 = 2.6


def play_808(notes: Sequence[LineNote], samples: int, sample_rate: int, rng: np.random.Generator) -> Wave:
    """A long decaying sine with a pitch drop, driven into soft clipping; overlapping notes glide."""
    out = np.zeros(samples, np.float32)
    drive, decay = rng.uniform(3.0, 11.0), rng.uniform(0.9, 1.8)
    ordered = sorted(notes, key=lambda note: note.start)
    for number, note in enumerate(ordered):
        following = ordered[number + 1].start if number + 1 < len(ordered) else note.start + _LONGEST_808
        last = min(note.length + 0.06, following - note.start + 0.005, _LONGEST_808)
        start = int(note.start * sample_rate)
        count = min(int(last * sample_rate), samples - start)
        if count <= 8:
            continue
        time = np.arange(count) / sample_rate
        origin = _slide_from(ordered, number)
        frequency = np.full(count, hertz(note.pitch))
        if origin is None:
            frequency += 1.6 * hertz(note.pitch) * np.exp(-time / 0.012)
        else:
            frequency += (hertz(origin) - hertz(note.pitch)) * np.exp(-time / 0.035)
        fades = np.minimum(1.0, time / 0.002) * np.minimum(1.0, time[::-1] / 0.02)
        shape = np.exp(-time / decay) * fades * (note.velocity / 127.0)
        out[start : start + count] += (np.sin(2 * np.pi * np.cumsum(frequency) / sample_rate) * shape).astype(
            np.float32
        )
    driven = saturate(np.stack([out, out]), drive, 0.15)
    return np.asarray(driven - driven.mean(axis=-1, keepdims=True), np.float32)


def _slide_from(notes: Sequence[LineNote], number: int) -> int | None:
    """The pitch that a note slides from: the one before it, when that still sounds and differs."""
    if number == 0:
        return None
    before = notes[number - 1]
    touches = before.start + before.length >= notes[number].start + _OVERLAP
    return before.pitch if touches and before.pitch != notes[number].pitch else None


def play_acid(notes: Sequence[LineNote], samples: int, sample_rate: int, rng: np.random.Generator) -> Wave:
    """Saw or square through a resonant filter: an envelope per note, accents by velocity, slides, and a cutoff
    that wanders over the piece."""
    out = np.zeros(samples, np.float32)
    timbre = Timbre(str(rng.choice(["saw", "saw", "square"])), resonance=round(float(rng.uniform(4.0, 9.0)), 2))
    base = rng.uniform(220.0, 420.0)
    wander, where = rng.uniform(0.03, 0.08), rng.uniform(0.0, 6.28)
    phase_end = 0.0
    ordered = sorted(notes, key=lambda note: note.start)
    for number, note in enumerate(ordered):
        start = int(note.start * sample_rate)
        count = min(int((note.length + 0.03) * sample_rate), samples - start)
        if count <= 8:
            continue
        time = np.arange(count, dtype=np.float32) / np.float32(sample_rate)
        accent = max(0.0, (note.velocity - 80) / 47.0)
        opening = (2.2 + 1.6 * accent) * np.exp(-time / np.float32(0.16 - 0.07 * accent))
        knob = 1.2 * np.sin(2 * np.pi * wander * note.start + where)
        level = level_of(base) + np.float32(level_of(120.0)) * (opening + np.float32(knob))
        origin = _slide_from(ordered, number)
        frequency = np.full(count, hertz(note.pitch))
        if origin is not None:
            frequency += (hertz(origin) - hertz(note.pitch)) * np.exp(-time / 0.03)
        phase = phase_end + np.cumsum(frequency) / sample_rate
        phase_end = float(phase[-1]) % 1.0
        shape = np.minimum(1.0, time / 0.003) * np.minimum(1.0, time[::-1] / 0.012) * np.exp(-time / 0.6)
        voice = oscillate(tables(timbre, round(hertz(note.pitch), 3), sample_rate), phase, level)
        out[start : start + count] += voice * shape.astype(np.float32) * np.float32(0.6 + 0.4 * accent)
    return saturate(np.stack([out, out]), rng.uniform(2.0, 8.0))
