"""Loudness in LUFS by ITU-R BS.1770-4: measured exactly, and quickly on spectra."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

from songloom.band.effects import Wave

SILENCE = -70.0  # LUFS of silence and of what is shorter than a block; the absolute gate
_BLOCK = 0.4  # seconds of a gating block, a quarter apart
_OFFSET = -0.691
_CHUNK = 32768


def integrated_loudness(wave: Wave, sample_rate: int) -> float:
    """LUFS of [2, T]; SILENCE when shorter than a block or silent."""
    samples = wave.shape[-1]
    if samples < _BLOCK * sample_rate:
        return SILENCE
    energy = _energy(wave, _k_sections(sample_rate))
    blocks = round((samples / sample_rate - _BLOCK) / (0.25 * _BLOCK)) + 1
    begins = np.array([int(_BLOCK * (0.25 * block) * sample_rate) for block in range(blocks)])
    ends = np.array([int(_BLOCK * (0.25 * block + 1) * sample_rate) for block in range(blocks)])
    return _gated((energy[np.minimum(ends, samples)] - energy[begins]) / (_BLOCK * sample_rate))


def _energy(wave: Wave, sections: NDArray[np.float64]) -> NDArray[np.float64]:
    """Energy of filtered [2, T] up to each sample, [T + 1]; filtered in pieces that stay in the cache."""
    samples = wave.shape[-1]
    energy = np.zeros(samples + 1)
    state = np.zeros((len(sections), 2, 2))
    for first in range(0, samples, _CHUNK):
        last = min(samples, first + _CHUNK)
        weighted, state = signal.sosfilt(sections, wave[:, first:last].astype(np.float64), axis=-1, zi=state)
        np.cumsum(np.einsum("ct,ct->t", weighted, weighted), out=energy[first + 1 : last + 1])
        energy[first + 1 : last + 1] += energy[first]
    return energy


def quick_loudness(wave: Wave, sample_rate: int) -> float:
    """LUFS within some tenths: the weighting and the gates on spectra of 0.1 s frames."""
    size = sample_rate // 10
    count = wave.shape[-1] // size
    if count == 0:
        return SILENCE
    spectra = fft.rfft(wave[:, : count * size].reshape(2, count, size), axis=-1)
    power = (spectra.real**2 + spectra.imag**2).sum(axis=0) @ _k_weights(size, sample_rate)
    return _gated(np.convolve(power, np.full(4, 0.25), "valid") if count >= 4 else power)


def _gated(power: NDArray[np.float64]) -> float:
    """LUFS of blocks' mean squares: those above SILENCE, and of these those above 10 LU under their mean."""
    levels = _OFFSET + 10.0 * np.log10(np.maximum(power, 1e-12))
    heard = power[levels > SILENCE]
    if not len(heard):
        return SILENCE
    gate = _OFFSET - 10.0 + 10.0 * np.log10(heard.mean())
    loud = heard[_OFFSET + 10.0 * np.log10(heard) > gate]
    return float(_OFFSET + 10.0 * np.log10(loud.mean()))


@lru_cache(maxsize=4)
def _k_sections(sample_rate: int) -> NDArray[np.float64]:
    """The K-weighting for any rate, as pyloudnorm has it: a shelf (+4 dB above 1.5 kHz) and a high-pass (38 Hz) of
    the Audio EQ Cookbook (Bristow-Johnson), as second-order sections."""
    return np.stack([_shelf(1500.0, 4.0, 0.5**0.5, sample_rate), _cut(38.0, 0.5, sample_rate)])


def _shelf(hertz: float, gain_db: float, quality: float, sample_rate: int) -> NDArray[np.float64]:
    angle = 2.0 * np.pi * hertz / sample_rate
    cosine, gain = np.cos(angle), 10.0 ** (gain_db / 40.0)
    slope = np.sqrt(gain) * np.sin(angle) / quality  # 2 sqrt(A) alpha
    more, less = gain + 1.0, gain - 1.0
    rise = gain * np.array([more + less * cosine + slope, -2.0 * (less + more * cosine), more + less * cosine - slope])
    fall = np.array([more - less * cosine + slope, 2.0 * (less - more * cosine), more - less * cosine - slope])
    return np.concatenate([rise, fall]) / fall[0]


def _cut(hertz: float, quality: float, sample_rate: int) -> NDArray[np.float64]:
    angle = 2.0 * np.pi * hertz / sample_rate
    cosine, alpha = np.cos(angle), np.sin(angle) / (2.0 * quality)
    rise = 0.5 * (1.0 + cosine) * np.array([1.0, -2.0, 1.0])
    return np.concatenate([rise, [1.0 + alpha, -2.0 * cosine, 1.0 - alpha]]) / (1.0 + alpha)


@lru_cache(maxsize=4)
def _k_weights(size: int, sample_rate: int) -> NDArray[np.float32]:
    """Power of the K-weighting at each bin, scaled so that a dot product with |rfft|^2 is a mean square.

    BS.1770's shelf (+4 dB above 1.7 kHz) and high-pass (38 Hz) in their analogue form.
    """
    hertz = np.arange(size // 2 + 1) * (sample_rate / size)
    shelf, cut = 1j * hertz / 1681.97, 1j * hertz / 38.135
    gain = 10.0 ** (3.99984 / 20.0)
    top = gain * shelf**2 + gain**0.49967 * shelf / 0.70718 + 1.0
    raised = top / (shelf**2 + shelf / 0.70718 + 1.0)
    weights = np.abs(raised * cut**2 / (cut**2 + cut / 0.50033 + 1.0)) ** 2
    weights[1:-1] *= 2.0
    return (weights / size**2).astype(np.float32)
