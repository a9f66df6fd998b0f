"""Reverb by convolution with synthetic impulse responses: room, chamber, plate, hall, cathedral, spring, gated.

An impulse response is early reflections and exponentially decaying noise whose highs decay faster
(Moorer, "About this reverberation business", 1979), decorrelated between left and right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import fft, signal

from songloom.band.effects import Wave, decibels


@dataclass(frozen=True, slots=True)
class Space:
    """`seconds` to -60 dB at 500 Hz, `damping` Hz where the decay is twice as fast, `early` share of early
    reflections, `before` pre-delay in ms, `low_cut` Hz of the return."""

    seconds: float
    damping: float = 4000.0
    early: float = 0.5
    before: float = 8.0
    low_cut: float = 160.0


SPACES = {
    "booth": Space(0.18, 5000.0, 0.9, 1.0),
    "room": Space(0.45, 4500.0, 0.8, 4.0),
    "studio": Space(0.75, 5500.0, 0.6, 8.0),
    "chamber": Space(1.2, 4500.0, 0.5, 14.0),
    "plate": Space(1.6, 9000.0, 0.1, 10.0, 250.0),
    "hall": Space(2.2, 4200.0, 0.45, 24.0),
    "cathedral": Space(3.6, 3500.0, 0.3, 35.0, 200.0),
    "wash": Space(4.5, 6000.0, 0.05, 30.0, 250.0),
}
KINDS = (*SPACES, "spring", "gated")


def reverberate(sends: Sequence[tuple[Wave, str, float]], sample_rate: int, seed: int = 0) -> Wave:
    """The wet signal [2, T] alone of sends (wave [2, T], kind of KINDS, level in dB).

    Impulse responses have unit energy. A send is folded to mid; the two sides of a response differ.
    """
    length = sends[0][0].shape[-1]
    tail = max(impulse_response(kind, sample_rate, seed).shape[-1] for _, kind, _ in sends)
    size = fft.next_fast_len(length + tail, real=True)
    total = np.zeros((2, size // 2 + 1), np.complex64)
    for send, kind, level in sends:
        folded = (send[0] + send[1]) * np.float32(0.5 * decibels(level))
        total += fft.rfft(folded, size) * _spectrum(kind, sample_rate, seed, size)
    return np.asarray(fft.irfft(total, size, axis=-1)[:, :length])


@lru_cache(maxsize=6)
def _spectrum(kind: str, sample_rate: int, seed: int, size: int) -> np.ndarray:
    return np.asarray(fft.rfft(impulse_response(kind, sample_rate, seed), size, axis=-1))


@lru_cache(maxsize=32)
def impulse_response(kind: str, sample_rate: int, seed: int = 0) -> Wave:
    """Impulse response [2, N] of a reverb kind; `seed` picks one of its rooms."""
    if kind not in KINDS:
        raise ValueError(f"reverb {kind!r} is unknown; choose from {', '.join(KINDS)}")
    rng = np.random.default_rng([seed, *kind.encode()])
    if kind == "spring":
        impulse = _spring(sample_rate, rng)
    elif kind == "gated":
        impulse = _gated(sample_rate, rng)
    else:
        impulse = _space(SPACES[kind], sample_rate, rng)
    return (impulse / np.sqrt((impulse**2).sum() / 2.0)).astype(np.float32)


def _space(space: Space, sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    samples = int(sample_rate * min(space.seconds * 0.9, 3.5))
    time = np.arange(samples) / sample_rate
    noise = rng.standard_normal((2, samples))
    dark = signal.sosfilt(signal.butter(1, space.damping, fs=sample_rate, output="sos"), noise)
    slow = np.exp(-6.91 * time / space.seconds)
    fast = np.exp(-6.91 * time / (0.4 * space.seconds))
    tail = (dark * slow + 0.7 * (noise - dark) * fast) * (1.0 - np.exp(-time / 0.012))
    impulse = np.zeros((2, samples))
    lead = int(space.before * 1e-3 * sample_rate)
    impulse[:, lead:] += (1.0 - space.early) * tail[:, : samples - lead] / np.sqrt((tail**2).sum() / 2.0)
    reach = 0.012 + 0.03 * min(1.0, space.seconds)
    for channel in range(2):
        when = np.sort(rng.uniform(0.002, reach, 14)) + 0.3 * space.before * 1e-3
        gains = rng.choice([-1.0, 1.0], 14) * np.exp(-when / (0.5 * reach)) * 0.4
        np.add.at(impulse[channel], np.minimum((when * sample_rate).astype(int), samples - 1), space.early * gains)
    edge = signal.butter(2, space.low_cut, "highpass", fs=sample_rate, output="sos")
    return np.asarray(signal.sosfilt(edge, impulse))


def _spring(sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    """Dispersed echoes: each pass of a spring turns a click into a chirp (Abel et al., 2006)."""
    samples = int(1.6 * sample_rate)
    frequencies = np.fft.rfftfreq(2 * samples, 1.0 / sample_rate)
    impulse = np.zeros((2, samples))
    for channel in range(2):
        for delay in rng.uniform(0.033, 0.052, 2):
            for echo in range(1, 18):
                late = delay * echo * (1.0 + 0.25 * np.minimum(frequencies / 4200.0, 1.0) ** 2)
                gain = 0.78**echo * np.exp(-((frequencies / 3600.0) ** 4)) * (-1) ** echo
                impulse[channel] += np.fft.irfft(gain * np.exp(-2j * np.pi * frequencies * late))[:samples]
    edge = signal.butter(2, 220.0, "highpass", fs=sample_rate, output="sos")
    return np.asarray(signal.sosfilt(edge, impulse) * np.linspace(1.0, 0.0, samples))


def _gated(sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    """Dense noise that stays loud and is cut after a quarter of a second: the snare of the eighties."""
    samples = int(0.28 * sample_rate)
    shape = np.minimum(1.0, np.arange(samples)[::-1] / (0.03 * sample_rate)) * np.linspace(1.0, 0.55, samples)
    noise = rng.standard_normal((2, samples)) * shape
    band = signal.butter(1, (200.0, 7000.0), "bandpass", fs=sample_rate, output="sos")
    return np.asarray(signal.sosfilt(band, noise))
