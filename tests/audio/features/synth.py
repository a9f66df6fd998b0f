"""Sounds whose tempo, key and drums are known by construction."""

import math

import numpy as np
import torch

RATE = 22050


def clicks(bpm: float, seconds: float = 15.0, offset: float = 0.3, subdivide: bool = False) -> torch.Tensor:
    """A click track [1, T], with softer clicks halfway where `subdivide`."""
    wave = np.zeros(int(RATE * seconds))
    click = np.exp(-np.arange(600) / 60) * np.sin(2 * np.pi * 1500 * np.arange(600) / RATE)
    for step, onset in enumerate(np.arange(offset, seconds - 0.05, 30 / bpm)):
        level = 1.0 if step % 2 == 0 else 0.3 * subdivide
        place = int(onset * RATE)
        wave[place : place + 600] += level * click[: len(wave) - place]
    return torch.from_numpy(wave.astype(np.float32))[None]


def tone(pitch: float, seconds: float, tuning: float = 0.0) -> np.ndarray:
    """A decaying note of eight harmonics at a MIDI pitch, `tuning` in semitones."""
    time = np.arange(int(RATE * seconds)) / RATE
    hertz = 440 * 2 ** ((pitch + tuning - 69) / 12)
    partials = [math.exp(-0.5 * n) * np.sin(2 * np.pi * hertz * n * time) for n in range(1, 9)]
    return np.sum(partials, 0) * np.exp(-1.5 * time)


def progression(tonic: int, mode: str, tuning: float = 0.0) -> torch.Tensor:
    """I IV V I vi IV V I, or i iv v i VI iv V i, of close triads over their roots, [1, T]."""
    major = [(0, "maj"), (5, "maj"), (7, "maj"), (0, "maj"), (9, "min"), (5, "maj"), (7, "maj"), (0, "maj")]
    minor = [(0, "min"), (5, "min"), (7, "min"), (0, "min"), (8, "maj"), (5, "min"), (7, "maj"), (0, "min")]
    parts = []
    for root, quality in major if mode == "major" else minor:
        triad = (0, 4, 7) if quality == "maj" else (0, 3, 7)
        low = (tonic + root) % 12
        parts.append(sum(tone(60 + (low + step) % 12, 1.0, tuning) for step in triad) + tone(36 + low, 1.0, tuning))
    return torch.from_numpy((0.05 * np.concatenate(parts)).astype(np.float32))[None]


def drum_loop(seconds: float = 8.0) -> torch.Tensor:
    """Kick, snare and hats at 120 BPM, [1, T]."""
    generator = np.random.default_rng(0)
    wave = np.zeros(int(RATE * seconds) + RATE)
    time = np.arange(RATE // 4) / RATE
    kick = np.exp(-20 * time) * np.sin(2 * np.pi * (50 * time + 3 * (1 - np.exp(-40 * time))))
    for step in range(int(seconds * 4)):
        hit = 0.15 * np.exp(-60 * time) * np.diff(generator.standard_normal(len(time) + 1))
        if step % 4 == 0:
            hit = hit + kick
        if step % 4 == 2:
            hit = hit + 0.4 * np.exp(-20 * time) * generator.standard_normal(len(time))
        place = step * RATE // 4
        wave[place : place + len(time)] += hit
    return torch.from_numpy((0.5 * wave[: int(RATE * seconds)]).astype(np.float32))[None]
