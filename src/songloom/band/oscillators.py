"""Band-limited oscillators with a resonant filter inside: banks of wavetables over cutoff.

A periodic wave through a static filter is again periodic, so a filter sweep is a walk through a bank of
tables, each holding the wave's harmonics times the filter's response at one cutoff.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

TABLE = 2048
_LEVELS_PER_OCTAVE = 3
_LOW_CUTOFF = 60.0
_OCTAVES = 8.2  # up to about 17.6 kHz

Curve = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Timbre:
    """`wave`: saw, square, triangle, sine, pulse (with `duty`), strings (two saws), organ; `resonance` is the
    filter's Q; `poles` 2 or 4; `open` means no filter."""

    wave: str = "saw"
    duty: float = 0.5
    resonance: float = 0.8
    poles: int = 4
    open: bool = False


def hertz(pitch: float) -> float:
    """Frequency of a MIDI pitch, A4 = 69 = 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def harmonic_amplitudes(timbre: Timbre, count: int) -> NDArray[np.complex128]:
    """Fourier coefficients of harmonics 1..count for a sine-phase wave of about unit amplitude."""
    k = np.arange(1, count + 1)
    if timbre.wave == "saw":
        return (0.6 / k).astype(complex)
    if timbre.wave == "square":
        return np.where(k % 2 == 1, 1.1 / k, 0.0).astype(complex)
    if timbre.wave == "triangle":
        return np.where(k % 2 == 1, 0.81 * (-1.0) ** ((k - 1) // 2) / k**2, 0.0).astype(complex)
    if timbre.wave == "pulse":
        return (1.1 * np.sin(np.pi * k * timbre.duty) / k).astype(complex)
    if timbre.wave == "organ":
        drawn = np.zeros(count)
        for harmonic, level in ((1, 0.6), (2, 0.4), (3, 0.3), (4, 0.18), (6, 0.1), (8, 0.12)):
            if harmonic <= count:
                drawn[harmonic - 1] = level
        return drawn.astype(complex)
    if timbre.wave == "sine":
        return (k == 1).astype(complex)
    raise ValueError(f"wave {timbre.wave!r} is unknown; choose from saw, square, triangle, pulse, organ, sine")


@lru_cache(maxsize=512)
def tables(timbre: Timbre, frequency: float, sample_rate: int) -> Curve:
    """Bank [levels, TABLE] of one period each; one level for an open timbre.

    Level i has its cutoff at 60 Hz times 2 ** (i / 3).
    """
    count = max(1, min(TABLE // 2 - 1, int(0.45 * sample_rate / frequency)))
    wave = harmonic_amplitudes(timbre, count)
    if timbre.open:
        spectrum = wave[None]
    else:
        levels = int(_OCTAVES * _LEVELS_PER_OCTAVE) + 1
        cutoff = _LOW_CUTOFF * 2.0 ** (np.arange(levels) / _LEVELS_PER_OCTAVE)
        ratio = frequency * np.arange(1, count + 1)[None] / cutoff[:, None]
        response = 1.0 / (1.0 - ratio**2 + 1j * ratio / timbre.resonance)
        if timbre.poles == 4:
            response = response / (1.0 + 1j * ratio) ** 2
        spectrum = wave[None] * response
    full = np.zeros((len(spectrum), TABLE // 2 + 1), complex)
    full[:, 1 : count + 1] = -0.5j * spectrum * TABLE
    return np.fft.irfft(full, axis=1).astype(np.float32)


def level_of(cutoff: NDArray[np.float32] | float) -> Curve:
    """Position in the bank (fractional) of a cutoff in Hz."""
    octave = np.log2(np.maximum(np.asarray(cutoff, np.float32), _LOW_CUTOFF) / _LOW_CUTOFF)
    return np.asarray(octave * _LEVELS_PER_OCTAVE, np.float32)


def oscillate(bank: Curve, phase: NDArray[np.float64], level: Curve | None = None) -> Curve:
    """Read a bank at `phase` [T] in periods (0 to a million), walking through it by `level` [T]; returns [T]."""
    index = (phase * TABLE).astype(np.int32) & (TABLE - 1)
    if level is None or len(bank) == 1:
        return np.asarray(bank[-1][index], np.float32)
    place = np.clip(level, 0.0, len(bank) - 1.001)
    lower = place.astype(np.int32)
    fraction = place - lower
    flat = bank.reshape(-1)
    index += lower * TABLE
    low = flat[index]
    return np.asarray(low + fraction * (flat[index + TABLE] - low), np.float32)
