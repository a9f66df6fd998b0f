"""Dynamics: compressor, ducking from kick times, look-ahead limiter, true peak."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import signal
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from songloom.band.effects import Wave, decibels

_HOP_SECONDS = 0.001


def envelope(wave: Wave, sample_rate: int, hop_seconds: float = _HOP_SECONDS) -> NDArray[np.float64]:
    """RMS of [2, T] in consecutive hops [F]."""
    hop = max(1, int(hop_seconds * sample_rate))
    frames = wave.shape[-1] // hop
    cut = wave[:, : frames * hop].reshape(2, frames, hop)
    power = np.einsum("cfh,cfh->f", cut, cut)
    return np.sqrt(np.maximum(power / (2 * hop), 1e-12)).astype(np.float64)


def compress(
    wave: Wave,
    sample_rate: int,
    threshold_db: float,
    ratio: float,
    attack: float = 0.01,
    release: float = 0.12,
) -> Wave:
    """Feed-forward RMS compressor; gain computed on 1 ms hops and interpolated. Times in seconds."""
    level = 20.0 * np.log10(envelope(wave, sample_rate))
    over = np.maximum(level - threshold_db, 0.0) * (1.0 - 1.0 / ratio)
    # A slow follower and a fast one; the larger reduction wins: quick to duck, slow to let go.
    fast = _smooth(over, attack / _HOP_SECONDS)
    slow = _smooth(over, release / _HOP_SECONDS)
    return apply_gain(wave, 10.0 ** (-np.maximum(fast * 0.6 + slow * 0.4, slow) / 20.0))


def _smooth(values: NDArray[np.float64], hops: float) -> NDArray[np.float64]:
    pole = float(np.exp(-1.0 / max(hops, 1e-3)))
    return np.asarray(signal.lfilter([1.0 - pole], [1.0, -pole], values))


def apply_gain(wave: Wave, gain: NDArray[np.float64]) -> Wave:
    """Multiply [2, T] by a gain curve of any length, stretched linearly over the signal."""
    samples = wave.shape[-1]
    if len(gain) < 2:
        return wave
    position = np.arange(samples, dtype=np.float32) * np.float32((len(gain) - 1) / max(1, samples - 1))
    index = np.minimum(position.astype(np.int32), len(gain) - 2)
    table = gain.astype(np.float32)
    return np.asarray(wave * (table[index] + (position - index) * np.diff(table)[index]), np.float32)


def ducking(times: Sequence[float], seconds: float, depth_db: float, recovery: float) -> NDArray[np.float64]:
    """Gain curve on 1 ms hops: at each time the level falls by `depth_db` and comes back within `recovery`."""
    hops = max(2, int(seconds / _HOP_SECONDS))
    gain = np.ones(hops)
    samples = max(4, int(recovery / _HOP_SECONDS))
    low = decibels(-abs(depth_db))
    shape = low + (1.0 - low) * 0.5 * (1.0 - np.cos(np.pi * np.linspace(0.0, 1.0, samples) ** 0.8))
    for time in times:
        start = int(time / _HOP_SECONDS)
        if 0 <= start < hops:
            end = min(hops, start + samples)
            gain[start:end] = np.minimum(gain[start:end], shape[: end - start])
    return np.asarray(uniform_filter1d(gain, 5, mode="nearest"))


def limit(wave: Wave, sample_rate: int, ceiling_db: float = -1.2, look_ahead: float = 0.003) -> Wave:
    """Look-ahead peak limiter: the gain falls before the peak arrives, smoothed over the look-ahead."""
    ceiling = decibels(ceiling_db)
    peaks = np.abs(wave).max(axis=0)
    hop = 16
    frames = -(-len(peaks) // hop)
    loudest = np.pad(peaks, (0, frames * hop - len(peaks))).reshape(frames, hop).max(axis=1)
    if float(loudest.max(initial=0.0)) <= ceiling:
        return wave
    needed = np.minimum(1.0, ceiling / np.maximum(loudest, 1e-9))
    reach = max(1, int(look_ahead * sample_rate / hop))
    held = minimum_filter1d(needed, 2 * reach + 3, mode="nearest")
    release = max(1.0, 0.05 * sample_rate / hop)
    pole = float(np.exp(-1.0 / release))
    slow = 1.0 - np.asarray(signal.lfilter([1.0 - pole], [1.0, -pole], 1.0 - held))
    gain = uniform_filter1d(np.minimum(held, slow), reach + 1, mode="nearest")
    limited = apply_gain(wave, gain)
    return np.clip(limited, -ceiling, ceiling)


def true_peak_db(wave: Wave, sample_rate: int) -> float:
    """Peak between the samples (4 x oversampling, ITU-R BS.1770 annex 2) in dBTP, -inf for silence.

    Only the neighbourhoods of samples near the sample peak are oversampled: nothing else can exceed it.
    """
    peak = float(np.abs(wave).max(initial=0.0))
    if peak <= 0.0:
        return float("-inf")
    block = 512
    blocks = -(-wave.shape[-1] // block)
    padded = np.pad(wave, ((0, 0), (block, blocks * block - wave.shape[-1] + block)))
    tops = np.abs(padded[:, block:-block]).reshape(2, blocks, block).max(axis=(0, 2))
    for index in np.flatnonzero(tops >= 0.8 * peak)[:400]:
        piece = padded[:, index * block + block - 32 : index * block + 2 * block + 32]
        peak = max(peak, float(np.abs(signal.resample_poly(piece, 4, 1, axis=-1)).max()))
    return float(20.0 * np.log10(peak))
