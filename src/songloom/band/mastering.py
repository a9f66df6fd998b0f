"""The mix bus: tape and vinyl, spectral balance, glue compression, loudness and a true-peak limiter."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from songloom.band.compressors import compress, limit, true_peak_db
from songloom.band.effects import (
    Wave,
    curve_equaliser,
    decibels,
    low_pass,
    narrow,
    saturate,
    tape_wobble,
    vinyl_noise,
    width,
)
from songloom.band.levels import quick_loudness
from songloom.band.piece import Piece
from songloom.band.production import BANDS, CURVES, Production

CEILING_DB = -1.0
_REACH_DB = 5.0
_MOST_SIDE = 0.45  # of the middle's energy: still a full sound when folded to mono


def master(piece: Piece, production: Production, mix: Wave, sample_rate: int, loudness: float) -> Wave:
    """The finished mix [2, T] in [-1, 1], at `loudness` LUFS where its peaks allow it."""
    rng = np.random.default_rng([piece.seed & 0xFFFFFFFF, 7002])
    level = float(np.sqrt((mix**2).mean()))
    if level <= 1e-9:
        return mix
    wave = mix * np.float32(decibels(-20.0) / level)
    wave = curve_equaliser(wave, _balance(piece, production, wave, sample_rate, rng), sample_rate)
    if production.ratio > 1.25:
        wave = compress(wave, sample_rate, -20.0, production.ratio, 0.015, 0.15)
    if production.drive > 0.3:
        wave = saturate(wave, production.drive + 3.0)
    if production.tape > 0.05:
        wave = tape_wobble(wave, sample_rate, production.tape, rng)
    if production.low_pass:
        wave = low_pass(wave, production.low_pass, sample_rate)
    if production.vinyl > 0.05:
        wave = wave + np.float32(production.vinyl) * vinyl_noise(wave.shape[-1], sample_rate, rng)
    if abs(production.width - 1.0) > 0.03:
        wave = width(wave, production.width)
    wave = _fade(narrow(wave, _MOST_SIDE), sample_rate)
    gain = loudness - quick_loudness(wave, sample_rate)
    wave = limit(wave * np.float32(decibels(gain)), sample_rate, CEILING_DB - 0.3)
    excess = true_peak_db(wave) - CEILING_DB
    return wave * np.float32(decibels(-excess)) if excess > 0.0 else wave


def octave_levels(wave: Wave, sample_rate: int) -> NDArray[np.float64]:
    """Long-term power in the octave bands around BANDS, in dB, the loudest at 0. The first takes all below."""
    size = 4096
    count = wave.shape[-1] // size
    frames = wave.sum(axis=0)[: count * size].reshape(count, size) * np.hanning(size).astype(np.float32)
    power = (np.abs(fft.rfft(frames, axis=-1)) ** 2).mean(axis=0)
    hertz = np.arange(size // 2 + 1) * (sample_rate / size)
    edges = [0.0, *(band * np.sqrt(2.0) for band in BANDS)]
    levels = np.array([power[(hertz > low) & (hertz <= high)].sum() for low, high in pairwise(edges)])
    decibel = 10.0 * np.log10(np.maximum(levels, 1e-12))
    return np.asarray(decibel - decibel.max())


def _balance(
    piece: Piece, production: Production, wave: Wave, sample_rate: int, rng: np.random.Generator
) -> list[tuple[float, float]]:
    """Equaliser points: a lean towards the style's curve, the mood's brightness, the engineer's taste."""
    bands = np.array(BANDS)
    gains = np.zeros(len(bands))
    curve = CURVES[production.curve]
    if curve and production.match > 0.0 and wave.shape[-1] > 8192:
        wanted = np.array(curve) - octave_levels(wave, sample_rate)
        wanted -= np.median(wanted)
        gains += np.clip(production.match * wanted, -_REACH_DB, _REACH_DB)
    octaves = np.log2(bands / 1000.0) / 4.0
    gains += octaves * (10.0 * (piece.brightness - 0.5) + rng.uniform(-1.0, 1.0))
    gains += rng.uniform(-0.7, 0.7, len(bands))
    inside = bands < 0.47 * sample_rate
    return [
        (25.0, float(gains[0]) - 4.0),
        *((float(b), float(g)) for b, g in zip(bands[inside], gains[inside], strict=True)),
    ]


def _fade(wave: Wave, sample_rate: int) -> Wave:
    """A cosine fade over the tail, a two-millisecond one at the start, and no DC."""
    wave = wave - wave.mean(axis=-1, keepdims=True)
    tail = min(wave.shape[-1], int(1.2 * sample_rate))
    wave[:, wave.shape[-1] - tail :] *= (0.5 + 0.5 * np.cos(np.linspace(0.0, np.pi, tail))).astype(np.float32)
    head = min(wave.shape[-1], int(0.002 * sample_rate))
    wave[:, :head] *= np.linspace(0.0, 1.0, head, dtype=np.float32)
    return wave
