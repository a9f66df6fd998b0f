"""Effects as pure functions on float32 [2, T]: filters, equalisers, saturation, delay, chorus, tape, vinyl."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import signal

Wave = NDArray[np.float32]


def decibels(gain_db: float) -> float:
    """Amplitude factor of a gain in dB."""
    return float(10.0 ** (gain_db / 20.0))


def low_pass(wave: Wave, hertz: float, sample_rate: int, order: int = 2) -> Wave:
    """Butterworth low-pass."""
    return _butterworth(wave, hertz, sample_rate, order, "lowpass")


def high_pass(wave: Wave, hertz: float, sample_rate: int, order: int = 2) -> Wave:
    """Butterworth high-pass."""
    return _butterworth(wave, hertz, sample_rate, order, "highpass")


def band_pass(wave: Wave, low: float, high: float, sample_rate: int) -> Wave:
    """A gentle band: Butterworth filters of first order, the high-pass before the low-pass."""
    sections = [_sections(low, sample_rate, 1, "highpass"), _sections(high, sample_rate, 1, "lowpass")]
    return np.asarray(signal.sosfilt(np.concatenate(sections), wave, axis=-1), np.float32)


def _butterworth(wave: Wave, hertz: float, sample_rate: int, order: int, kind: str) -> Wave:
    return np.asarray(signal.sosfilt(_sections(hertz, sample_rate, order, kind), wave, axis=-1), np.float32)


@lru_cache(maxsize=64)
def _sections(hertz: float, sample_rate: int, order: int, kind: str) -> Wave:
    edge = min(hertz, 0.49 * sample_rate)
    return np.asarray(signal.butter(order, edge, kind, fs=sample_rate, output="sos"), np.float32)


def curve_equaliser(wave: Wave, points: Sequence[tuple[float, float]], sample_rate: int) -> Wave:
    """Linear-phase equaliser through `points` (Hz, dB), straight lines over log frequency between them."""
    taps = _curve_taps(tuple(points), sample_rate)
    return convolve(wave, np.stack([taps, taps]), delay=len(taps) // 2)


@lru_cache(maxsize=256)
def _curve_taps(points: tuple[tuple[float, float], ...], sample_rate: int) -> Wave:
    size = 2048
    frequencies = np.fft.rfftfreq(size, 1.0 / sample_rate)
    hertz, gains = np.array(points, dtype=float).T
    decibel = np.interp(np.log(np.maximum(frequencies, 10.0)), np.log(hertz), gains)
    impulse = np.roll(np.fft.irfft(10.0 ** (decibel / 20.0)), size // 2) * np.hanning(size)
    return impulse.astype(np.float32)


def convolve(wave: Wave, impulse: Wave, delay: int = 0) -> Wave:
    """Convolution of [2, T] with [2, N], advanced by `delay` samples, cut to T."""
    length = wave.shape[-1]
    return np.asarray(signal.oaconvolve(wave, impulse, axes=-1)[:, delay : delay + length], np.float32)


def saturate(wave: Wave, drive_db: float, asymmetry: float = 0.0) -> Wave:
    """Soft clipping tanh(g x + a) - tanh(a), scaled so that small signals keep their level."""
    gain = decibels(drive_db)
    slope = 1.0 - np.tanh(asymmetry) ** 2
    return ((np.tanh(gain * wave + np.float32(asymmetry)) - np.tanh(asymmetry)) / (gain * slope)).astype(np.float32)


def width(wave: Wave, amount: float) -> Wave:
    """Scale the side signal: 0 mono, 1 as it is."""
    middle = 0.5 * (wave[0] + wave[1])
    side = 0.5 * amount * (wave[0] - wave[1])
    return np.stack([middle + side, middle - side]).astype(np.float32)


def narrow(wave: Wave, most: float) -> Wave:
    """Scale the side signal down so that it has at most `most` times the energy of the middle."""
    middle, side = wave[0] + wave[1], wave[0] - wave[1]
    ratio = float((side**2).sum()) / max(1e-12, float((middle**2).sum()))
    return width(wave, float(np.sqrt(most / ratio))) if ratio > most else wave


def pan(wave: Wave, position: float) -> Wave:
    """Balance with constant power: -1 left, 0 centre (unchanged), 1 right."""
    angle = 0.25 * np.pi * (1.0 + position)
    gains = np.sqrt(2.0) * np.array([[np.cos(angle)], [np.sin(angle)]], np.float32)
    return np.asarray(wave * gains, np.float32)


def delay(wave: Wave, seconds: float, feedback: float, sample_rate: int, tone_hertz: float = 3500.0) -> Wave:
    """The echoes alone (no dry signal), crossing sides, each a little darker than the one before."""
    lag = max(1, int(seconds * sample_rate))
    echoes = np.zeros_like(wave)
    echo = band_pass(wave, 180.0, tone_hertz, sample_rate)
    gain = 1.0
    for repeat in range(1, 9):
        start = repeat * lag
        if gain < 0.03 or start >= wave.shape[-1]:
            break
        source = echo if repeat % 2 else echo[::-1]
        echoes[:, start:] += np.float32(gain) * source[:, : wave.shape[-1] - start]
        gain *= feedback
    return echoes


def warp(wave: Wave, offset: NDArray[np.float64]) -> Wave:
    """Read `wave` [2, T] at time t - offset[t] (samples, >= 0) with linear interpolation."""
    position = np.maximum(np.arange(wave.shape[-1]) - offset, 0.0)
    index = position.astype(np.int32)
    fraction = (position - index).astype(np.float32)
    following = np.minimum(index + 1, wave.shape[-1] - 1)
    return wave[:, index] * (1.0 - fraction) + wave[:, following] * fraction


def chorus(wave: Wave, sample_rate: int, depth_ms: float = 2.0, rate_hertz: float = 0.6, mix: float = 0.5) -> Wave:
    """Two modulated copies in opposite phase, left and right."""
    time = np.arange(wave.shape[-1]) / sample_rate
    sweep = np.sin(2 * np.pi * rate_hertz * time)
    middle = 0.5 * (wave[0] + wave[1])
    base = 0.012 * sample_rate
    depth = depth_ms * 1e-3 * sample_rate
    left = warp(middle[None], base + depth * sweep)[0]
    right = warp(middle[None], base - depth * sweep)[0]
    return (wave * np.float32(1.0 - 0.4 * mix) + np.float32(mix) * np.stack([left, right])).astype(np.float32)


def tape_wobble(wave: Wave, sample_rate: int, depth: float, rng: np.random.Generator) -> Wave:
    """Wow (about 0.6 Hz) and flutter (about 6 Hz); `depth` 1 is a worn cassette (some 10 cents)."""
    time = np.arange(wave.shape[-1]) / sample_rate
    wow, flutter = rng.uniform(0.4, 0.8), rng.uniform(5.0, 7.5)
    offset = 1.4e-3 * np.sin(2 * np.pi * wow * time + rng.uniform(0, 6)) + 4e-5 * np.sin(2 * np.pi * flutter * time)
    return warp(wave, (depth * (offset + 1.5e-3)) * sample_rate)


def vinyl_noise(samples: int, sample_rate: int, rng: np.random.Generator) -> Wave:
    """Surface hiss and crackle [2, samples]; RMS about -50 dBFS, clicks up to -30 dBFS.

    The hiss repeats after some seconds, which nobody hears in noise; the clicks do not.
    """
    period = min(samples, 5 * sample_rate)
    hiss = rng.standard_normal((2, period), np.float32)
    hiss = high_pass(low_pass(hiss, 5000.0, sample_rate, 1), 300.0, sample_rate, 1) * np.float32(0.004)
    noise = np.tile(hiss, -(-samples // period))[:, :samples]
    count = int(rng.poisson(14.0 * samples / sample_rate))
    sizes = 0.06 * rng.pareto(2.2, count).clip(0.05, 6.0) * rng.choice([-1.0, 1.0], count)
    click = np.exp(-np.arange(24) / (sample_rate * 1e-4)).astype(np.float32)
    for where, size in zip(rng.integers(0, max(1, samples - 24), count), sizes, strict=True):
        noise[:, where : where + 24] += rng.uniform(0.3, 1.0, (2, 1)).astype(np.float32) * np.float32(size) * click
    return noise


def crush(wave: Wave, bits: int, hold: int) -> Wave:
    """An old sampler: `bits` of amplitude and every `hold`-th sample held."""
    steps = np.float32(2 ** (bits - 1))
    peak = np.float32(max(1e-9, float(np.abs(wave).max())))
    held = np.repeat(wave[:, ::hold], hold, axis=-1)[:, : wave.shape[-1]]
    return (np.round(held / peak * steps) / steps * peak).astype(np.float32)
