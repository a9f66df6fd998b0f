"""Guitar amplifiers: tightening filter, oversampled asymmetric clipping, tone, and a synthetic 4 x 12 cabinet.

Filters act in the frequency domain, where the 2 x oversampling costs nothing extra. The cabinet is a curve:
closed-box resonance near 110 Hz, a presence peak near 2.5 kHz, cone break-up notches and a steep fall
above 5 kHz.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from songloom.band.effects import Wave, decibels

_BLOCK = 65536
_EDGE = 2048


@dataclass(frozen=True, slots=True)
class Amplifier:
    """`gain` dB into each of two clipping stages, `tight` Hz of low cut before them, `middle` dB at 700 Hz
    after, `presence` dB at 2.8 kHz, `program` the soundfont guitar that feeds it, `double` two takes."""

    gain: float
    tight: float
    middle: float
    presence: float
    program: int
    double: bool


AMPLIFIERS = {
    "amp-crunch": Amplifier(13.0, 110.0, 1.5, 3.0, 27, True),
    "amp-high-gain": Amplifier(24.0, 170.0, -3.5, 4.5, 27, True),
    "amp-lead": Amplifier(21.0, 140.0, 3.0, 3.0, 27, False),
}


def amplify(wave: Wave, amplifier: Amplifier, sample_rate: int, rng: np.random.Generator) -> Wave:
    """[2, T] (two takes, or twice the same) through amplifier and cabinet, about unit peaks."""
    source = wave if amplifier.double else wave[:1]
    peak = float(np.quantile(np.abs(source[:, ::16]), 0.999))
    if peak <= 1e-6:
        return np.zeros_like(wave)
    frequencies = np.linspace(0.0, 0.5 * sample_rate, _BLOCK // 2 + 1)
    before = _before(frequencies, amplifier) / np.float32(peak)
    after = np.stack([_after(frequencies, amplifier, rng) for _ in source])
    gain = np.float32(decibels(amplifier.gain))
    # Overlap-save: blocks that stay in the cache, their edges thrown away. Silent blocks cost nothing.
    step = _BLOCK - 2 * _EDGE
    padded = np.pad(source, ((0, 0), (_EDGE, _BLOCK)))
    out = np.zeros((len(source), source.shape[-1] + _BLOCK), np.float32)
    for start in range(0, source.shape[-1], step):
        block = padded[:, start : start + _BLOCK]
        if float(np.abs(block).max()) > 1e-4 * peak:
            out[:, start : start + step] = _distort(block, before, after, gain)[:, _EDGE : _EDGE + step]
    out = out[:, : source.shape[-1]]
    return out if amplifier.double else np.concatenate([out, out])


def _distort(block: Wave, before: Wave, after: NDArray[np.complex64], gain: np.float32) -> Wave:
    """One block: filter, clip twice at the double rate, cabinet. Zero-padding the spectrum doubles the rate."""
    size = block.shape[-1]
    oversampled = fft.irfft(fft.rfft(block, axis=-1) * before, 2 * size, axis=-1) * np.float32(2.0)
    bias = np.float32(0.25) * np.sqrt(gain)  # even harmonics without gating the quiet end of a note
    clipped = np.tanh(gain * oversampled + bias)
    clipped = np.tanh(np.float32(2.0) * (clipped - np.tanh(bias)))
    return np.asarray(fft.irfft(fft.rfft(clipped, axis=-1)[:, : size // 2 + 1] * after, size, axis=-1))


def _before(hertz: NDArray[np.float64], amplifier: Amplifier) -> Wave:
    cut = 1.0 / np.sqrt(1.0 + (amplifier.tight / np.maximum(hertz, 1.0)) ** 4)
    boost = 1.0 + 1.2 * _bump(hertz, 1100.0, 1.2)
    return (cut * boost / np.sqrt(1.0 + (hertz / 7000.0) ** 4)).astype(np.float32)


def _after(hertz: NDArray[np.float64], amplifier: Amplifier, rng: np.random.Generator) -> NDArray[np.complex64]:
    tone = amplifier.middle * _bump(hertz, 700.0, 1.0) + amplifier.presence * _bump(hertz, 2800.0, 0.7)
    box = 4.0 * _bump(hertz, 112.0 * rng.uniform(0.92, 1.08), 0.5) - 3.0 * _bump(hertz, 400.0, 0.8)
    notches = sum(
        -depth * _bump(hertz, centre * rng.uniform(0.93, 1.07), 0.09)
        for centre, depth in ((1650.0, 4.0), (3600.0, 7.0), (4700.0, 9.0))
    )
    # Minimum-phase edges: a second-order high-pass and two second-order low-passes.
    s = 1j * hertz
    low = (s / 85.0) ** 2 / (1.0 + 1.3 * s / 85.0 + (s / 85.0) ** 2)
    corner = 4900.0 * rng.uniform(0.9, 1.1)
    high = 1.0 / (1.0 + 1.0 * s / corner + (s / corner) ** 2) ** 2
    return np.asarray(0.5 * 10.0 ** ((tone + box + notches) / 20.0) * low * high, np.complex64)


def _bump(hertz: NDArray[np.float64], centre: float, octaves: float) -> NDArray[np.float64]:
    return np.asarray(np.exp(-0.5 * (np.log2(np.maximum(hertz, 1.0) / centre) / octaves) ** 2))
