"""Dynamics: compressor, ducking from kick times, look-ahead limiter, true peak."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import signal
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from songloom.band.effects import Wave, decibels


def hop_length(sample_rate: int) -> int:
    """Samples of one step of a gain curve: about a millisecond."""
    return max(1, int(0.001 * sample_rate))


def envelope(wave: Wave, hop: int) -> NDArray[np.float64]:
    """RMS of [2, T] in consecutive hops of so many samples, [F]."""
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
    hop = hop_length(sample_rate)
    level = 20.0 * np.log10(envelope(wave, hop))
    over = np.maximum(level - threshold_db, 0.0) * (1.0 - 1.0 / ratio)
    # A slow follower and a fast one; the larger reduction wins: quick to duck, slow to let go.
    fast = _smooth(over, attack * sample_rate / hop)
    slow = _smooth(over, release * sample_rate / hop)
    return apply_gain(wave, 10.0 ** (-np.maximum(0.6 * fast + 0.4 * slow, slow) / 20.0), hop)


def _smooth(values: NDArray[np.float64], hops: float) -> NDArray[np.float64]:
    pole = float(np.exp(-1.0 / max(hops, 1e-3)))
    return np.asarray(signal.lfilter([1.0 - pole], [1.0, -pole], values))


def apply_gain(wave: Wave, gain: NDArray[np.float64], hop: int) -> Wave:
    """Multiply [2, T] by a gain curve with a value every `hop` samples, straight lines between them."""
    samples = wave.shape[-1]
    frames = -(-samples // hop)
    steps = np.resize(gain, frames + 1) if len(gain) > frames else np.pad(gain, (0, frames + 1 - len(gain)), "edge")
    steps = steps.astype(np.float32)
    ramp = np.arange(hop, dtype=np.float32) / np.float32(hop)
    curve = (steps[:-1, None] + np.diff(steps)[:, None] * ramp).reshape(-1)[:samples]
    return np.asarray(wave * curve, np.float32)


def ducking(
    times: Sequence[float], samples: int, sample_rate: int, depth_db: float, recovery: float
) -> NDArray[np.float64]:
    """Gain curve on 1 ms hops: at each time the level falls by `depth_db` and comes back within `recovery`."""
    rate = sample_rate / hop_length(sample_rate)
    hops = int(samples / sample_rate * rate) + 2
    gain = np.ones(hops)
    steps = max(4, int(recovery * rate))
    low = decibels(-abs(depth_db))
    shape = low + (1.0 - low) * 0.5 * (1.0 - np.cos(np.pi * np.linspace(0.0, 1.0, steps) ** 0.8))
    for time in times:
        start = int(time * rate)
        if 0 <= start < hops:
            end = min(hops, start + steps)
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
    limited = apply_gain(wave, gain, hop)
    return np.clip(limited, -ceiling, ceiling)


@lru_cache(maxsize=1)
def _between() -> Wave:
    """Taps [24, 3] that interpolate a signal at a quarter, half and three quarters after a sample."""
    offset = np.arange(-11, 13)[:, None] - np.array([0.25, 0.5, 0.75])
    return (np.sinc(offset) * np.cos(0.5 * np.pi * offset / 12.75) ** 2).astype(np.float32)


def true_peak_db(wave: Wave) -> float:
    """Peak between the samples (4 x oversampling as in ITU-R BS.1770 annex 2) in dBTP, -inf for silence.

    Only the neighbourhoods of samples near the sample peak are interpolated.
    """
    peak = float(np.abs(wave).max(initial=0.0))
    if peak <= 0.0:
        return float("-inf")
    highest = peak
    for channel in wave:
        where = np.flatnonzero(np.abs(channel) >= 0.75 * peak)
        padded = np.pad(channel, (12, 13))
        for first in range(0, len(where), 1 << 15):
            centres = where[first : first + (1 << 15)]
            windows = np.lib.stride_tricks.sliding_window_view(padded, 24)
            for start in (centres, centres + 1):
                highest = max(highest, float(np.abs(windows[start] @ _between()).max()))
    return float(20.0 * np.log10(highest))
