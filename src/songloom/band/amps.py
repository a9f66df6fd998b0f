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
    length = wave.shape[-1]
    size = fft.next_fast_len(length + sample_rate // 10, real=True)
    size += size % 2
    peak = np.float32(max(1e-6, float(np.quantile(np.abs(wave[:, ::16]), 0.999))))
    spectrum = fft.rfft(wave / peak, size, axis=-1)
    frequencies = np.fft.rfftfreq(size, 1.0 / sample_rate)
    spectrum *= _before(frequencies, amplifier)
    # Zero-padding the spectrum doubles the rate; the clipping's products fold only above that.
    oversampled = fft.irfft(spectrum, 2 * size, axis=-1) * np.float32(2.0)
    gain = np.float32(decibels(amplifier.gain))
    clipped = np.tanh(gain * oversampled + np.float32(0.25))
    clipped = np.tanh(np.float32(2.0) * (clipped - np.float32(np.tanh(0.25))))
    spectrum = fft.rfft(clipped, axis=-1)[:, : size // 2 + 1]
    responses = np.stack([_after(frequencies, amplifier, rng), _after(frequencies, amplifier, rng)])
    if not amplifier.double:
        responses[1] = responses[0]
    spectrum = spectrum * (0.5 * responses).astype(np.complex64)
    return np.asarray(fft.irfft(spectrum, size, axis=-1)[:, :length], np.float32)


def _before(hertz: NDArray[np.float64], amplifier: Amplifier) -> NDArray[np.float32]:
    cut = 1.0 / np.sqrt(1.0 + (amplifier.tight / np.maximum(hertz, 1.0)) ** 4)
    boost = 1.0 + 1.2 * _bump(hertz, 1100.0, 1.2)
    return (cut * boost / np.sqrt(1.0 + (hertz / 7000.0) ** 4)).astype(np.float32)


def _after(hertz: NDArray[np.float64], amplifier: Amplifier, rng: np.random.Generator) -> NDArray[np.complex128]:
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
    return np.asarray(10.0 ** ((tone + box + notches) / 20.0) * low * high)


def _bump(hertz: NDArray[np.float64], centre: float, octaves: float) -> NDArray[np.float64]:
    return np.asarray(np.exp(-0.5 * (np.log2(np.maximum(hertz, 1.0) / centre) / octaves) ** 2))
