"""The subtractive synthesiser: patches as data, notes rendered once per pitch and overlap-added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from songloom.band.effects import Wave
from songloom.band.fluid import LineNote
from songloom.band.oscillators import Curve, Timbre, hertz, level_of, oscillate, tables

_BUCKETS = 3  # velocity layers: the filter opens with velocity
_LONGEST = 12.0


@dataclass(frozen=True, slots=True)
class Patch:
    """Times in seconds, cutoff in Hz at middle C (`follow` octaves per octave), `sweep` the filter envelope
    in octaves, `motion` a slow filter LFO in octaves, `detune` cents between the outer voices, `spread` 0..1
    their stereo width, `vibrato` cents that set in after `vibrato_after`."""

    timbre: Timbre = field(default_factory=Timbre)
    voices: int = 1
    detune: float = 0.0
    spread: float = 0.0
    octave_below: float = 0.0
    noise: float = 0.0
    cutoff: float = 4000.0
    follow: float = 0.4
    sweep: float = 0.0
    sweep_attack: float = 0.0
    sweep_decay: float = 0.3
    motion: float = 0.0
    motion_rate: float = 0.15
    attack: float = 0.005
    decay: float = 0.2
    sustain: float = 0.8
    release: float = 0.15
    vibrato: float = 0.0
    vibrato_rate: float = 5.5
    vibrato_after: float = 0.25


PATCHES: dict[str, Patch] = {
    "warm-pad": Patch(
        Timbre("saw", resonance=0.7), 4, 14.0, 0.9, cutoff=1100.0, sweep=0.8, sweep_attack=0.9, sweep_decay=3.0,
        motion=0.6, attack=0.45, decay=1.0, sustain=0.85, release=0.9,
    ),
    "string-machine": Patch(
        Timbre("saw", resonance=0.7, poles=2), 5, 18.0, 1.0, cutoff=4200.0, motion=0.3, motion_rate=0.3,
        attack=0.18, decay=0.8, sustain=0.9, release=0.6, vibrato=4.0, vibrato_rate=5.8, vibrato_after=0.0,
    ),
    "airy-pad": Patch(
        Timbre("triangle", resonance=0.9, poles=2), 3, 10.0, 1.0, noise=0.05, cutoff=5000.0, motion=1.0,
        motion_rate=0.1, attack=0.9, decay=2.0, sustain=0.8, release=1.4,
    ),
    "supersaw": Patch(
        Timbre("saw", poles=2), 7, 34.0, 1.0, octave_below=0.12, cutoff=7500.0, follow=0.2, sweep=0.4,
        sweep_decay=0.4, attack=0.006, decay=0.5, sustain=0.75, release=0.22,
    ),
    "saw-lead": Patch(
        Timbre("saw", resonance=1.6), 2, 9.0, 0.4, cutoff=4200.0, sweep=1.0, sweep_decay=0.35,
        attack=0.008, decay=0.4, sustain=0.8, release=0.14, vibrato=16.0,
    ),
    "square-lead": Patch(
        Timbre("square", resonance=1.2), 2, 6.0, 0.3, cutoff=3600.0, sweep=0.8, sweep_decay=0.3,
        attack=0.008, decay=0.3, sustain=0.8, release=0.14, vibrato=14.0,
    ),
    "chip-pulse": Patch(
        Timbre("pulse", duty=0.25, open=True), attack=0.002, decay=0.15, sustain=0.7, release=0.02,
        vibrato=12.0, vibrato_rate=6.5, vibrato_after=0.3,
    ),
    "chip-triangle": Patch(Timbre("triangle", open=True), attack=0.001, decay=0.05, sustain=0.95, release=0.015),
    "pluck": Patch(
        Timbre("saw", resonance=1.4), 2, 8.0, 0.5, cutoff=700.0, sweep=3.0, sweep_decay=0.16,
        attack=0.002, decay=0.35, sustain=0.0, release=0.2,
    ),
    "poly-synth": Patch(
        Timbre("saw", resonance=1.0), 3, 16.0, 0.8, octave_below=0.15, cutoff=1900.0, sweep=1.3, sweep_decay=0.5,
        attack=0.012, decay=0.7, sustain=0.7, release=0.3,
    ),
    "stab": Patch(
        Timbre("saw", resonance=1.5), 3, 14.0, 0.7, cutoff=1300.0, sweep=1.8, sweep_decay=0.14,
        attack=0.002, decay=0.28, sustain=0.1, release=0.12,
    ),
    "sub-bass": Patch(Timbre("triangle", poles=4), cutoff=170.0, follow=0.8, attack=0.008, decay=0.3, release=0.06),
    "saw-bass": Patch(
        Timbre("saw", resonance=1.5), 2, 7.0, 0.1, octave_below=0.35, cutoff=520.0, follow=0.5, sweep=1.8,
        sweep_decay=0.18, attack=0.003, decay=0.3, sustain=0.75, release=0.05,
    ),
    "reese-bass": Patch(
        Timbre("saw", resonance=1.0), 3, 36.0, 0.45, octave_below=0.5, cutoff=620.0, follow=0.5, motion=1.3,
        motion_rate=0.8, attack=0.008, decay=0.3, sustain=0.95, release=0.08,
    ),
}  # fmt: skip


def varied(patch: Patch, rng: np.random.Generator, brightness: float) -> Patch:
    """The patch as this piece has it: other knob positions, brighter or darker by `brightness` 0..1."""
    tilt = 2.0 ** (0.9 * (brightness - 0.5) + rng.uniform(-0.35, 0.35))
    timbre = patch.timbre
    if timbre.wave == "pulse":
        timbre = replace(timbre, duty=float(rng.choice([0.125, 0.25, 0.5])))
    elif not timbre.open:
        timbre = replace(timbre, resonance=round(timbre.resonance * rng.uniform(0.8, 1.4), 3))
    return replace(
        patch,
        timbre=timbre,
        cutoff=patch.cutoff * tilt,
        detune=patch.detune * rng.uniform(0.7, 1.3),
        sweep=patch.sweep * rng.uniform(0.8, 1.2),
        sweep_decay=patch.sweep_decay * rng.uniform(0.75, 1.35),
        decay=patch.decay * rng.uniform(0.8, 1.25),
        release=patch.release * rng.uniform(0.8, 1.3),
    )


def play_patch(
    patch: Patch, notes: Sequence[LineNote], samples: int, sample_rate: int, rng: np.random.Generator
) -> Wave:
    """All notes of a part through one patch, float32 [2, samples]."""
    out = np.zeros((2, samples), np.float32)
    tones: dict[tuple[int, int], Wave] = {}
    longest: dict[tuple[int, int], float] = {}
    for note in notes:
        key = note.pitch, _bucket(note.velocity)
        seconds = min(_LONGEST, note.length + patch.release)
        longest[key] = max(longest.get(key, 0.0), seconds)
    for (pitch, bucket), seconds in sorted(longest.items()):
        tones[pitch, bucket] = _tone(patch, pitch, bucket, int(seconds * sample_rate) + 1, sample_rate, rng)
    sustain = _sustain(patch, max((_held(patch, note, sample_rate) for note in notes), default=0), sample_rate)
    release = _release(patch, sample_rate)
    for note in notes:
        held = sustain[: _held(patch, note, sample_rate)]
        shape = np.concatenate([held, held[-1] * release])
        start = max(0, int(note.start * sample_rate))
        tone = tones[note.pitch, _bucket(note.velocity)]
        count = min(len(shape), tone.shape[-1], samples - start)
        if count > 0:
            shape *= np.float32((note.velocity / 127.0) ** 1.3)
            out[:, start : start + count] += tone[:, :count] * shape[:count]
    return out


def _bucket(velocity: int) -> int:
    return min(_BUCKETS - 1, velocity * _BUCKETS // 128)


def _tone(patch: Patch, pitch: int, bucket: int, samples: int, sample_rate: int, rng: np.random.Generator) -> Wave:
    """The unshaped tone of one pitch: detuned voices through the moving filter, [2, samples]."""
    frequency = hertz(pitch)
    time = np.arange(samples) / sample_rate
    bank = tables(patch.timbre, round(frequency * 2.0 ** (patch.detune / 2400.0), 3), sample_rate)
    level = None if patch.timbre.open else _filter_level(patch, pitch, bucket, time, rng)
    cycles = frequency * (time + _vibrato(patch, time))
    cents = np.linspace(-0.5, 0.5, patch.voices) * patch.detune if patch.voices > 1 else np.zeros(1)
    sides = np.linspace(-1.0, 1.0, patch.voices) * patch.spread if patch.voices > 1 else np.zeros(1)
    out = np.zeros((2, samples), np.float32)
    for number in rng.permutation(patch.voices):
        start = rng.uniform() if patch.voices > 1 else 0.0
        voice = oscillate(bank, cycles * 2.0 ** (cents[number] / 1200.0) + start, level)
        angle = 0.25 * np.pi * (1.0 + sides[number])
        out[0] += np.float32(np.cos(angle)) * voice
        out[1] += np.float32(np.sin(angle)) * voice
    out *= np.float32(1.0 / np.sqrt(patch.voices))
    if patch.octave_below:
        out += np.float32(patch.octave_below) * np.sin(np.pi * cycles).astype(np.float32)
    if patch.noise:
        out += np.float32(patch.noise) * rng.standard_normal((2, samples), np.float32)
    return out


def _filter_level(patch: Patch, pitch: int, bucket: int, time: NDArray[np.float64], rng: np.random.Generator) -> Curve:
    t = time.astype(np.float32)
    octaves = patch.sweep * np.exp(-np.maximum(t - patch.sweep_attack, 0.0) / max(patch.sweep_decay, 1e-3))
    if patch.sweep_attack:
        octaves = octaves * np.minimum(1.0, t / patch.sweep_attack)
    octaves = octaves + (bucket - 1) * 0.45 + patch.follow * (pitch - 60) / 12.0
    if patch.motion:
        octaves = octaves + patch.motion * np.sin(2 * np.pi * patch.motion_rate * t + rng.uniform(0.0, 6.28))
    return level_of(patch.cutoff) + np.float32(level_of(120.0)) * octaves.astype(np.float32)


def _vibrato(patch: Patch, time: NDArray[np.float64]) -> NDArray[np.float64] | float:
    """Time offset whose slope is the pitch deviation."""
    if not patch.vibrato:
        return 0.0
    depth = np.log(2.0) * patch.vibrato / 1200.0 / (2 * np.pi * patch.vibrato_rate)
    onset = np.clip((time - patch.vibrato_after) / 0.4, 0.0, 1.0)
    return depth * onset * (1.0 - np.cos(2 * np.pi * patch.vibrato_rate * time))


def _held(patch: Patch, note: LineNote, sample_rate: int) -> int:
    """Samples before the note is released."""
    return max(1, int(min(note.length, _LONGEST - patch.release) * sample_rate))


def _sustain(patch: Patch, samples: int, sample_rate: int) -> Curve:
    """Attack and exponential decay to the sustain level."""
    time = np.arange(samples, dtype=np.float32) / np.float32(sample_rate)
    shape = patch.sustain + (1.0 - patch.sustain) * np.exp(-time / np.float32(max(patch.decay / 3.0, 1e-3)))
    shape *= np.minimum(1.0, (time + 1e-5) / np.float32(max(patch.attack, 5e-4)))
    return np.asarray(shape, np.float32)


def _release(patch: Patch, sample_rate: int) -> Curve:
    """Exponential fall to silence, from 1."""
    tail = max(1, int(patch.release * sample_rate))
    fall = np.exp(-np.arange(tail, dtype=np.float32) * np.float32(5.0 / tail))
    return np.asarray(fall * np.linspace(1, 0, tail, dtype=np.float32), np.float32)
