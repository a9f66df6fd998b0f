"""Pitch classes over time: spectral peaks folded into twelve, after the recording's own tuning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from songloom.audio.features.signal import ANALYSIS_RATE, analysis_signal
from songloom.audio.spectrogram import Stft

STFT = Stft(8192, 2048)
FRAME_RATE = ANALYSIS_RATE / STFT.hop_length
LOWEST, HIGHEST = 50.0, 2500.0  # Hz
BASS_HIGHEST = 220.0
FLOOR = 1e-3  # of the frame's highest peak
HARMONICS = ((1, 1.0), (2, 0.35), (3, 0.25), (5, 0.12))  # a peak may be this harmonic of a tone below


@dataclass(frozen=True)
class Peaks:
    """Spectral peaks as flat arrays [P]: `frame`, `pitch` (fractional MIDI number), `strength`; of `frames` frames."""

    frame: np.ndarray
    pitch: np.ndarray
    strength: np.ndarray
    frames: int


def spectral_peaks(wave: Tensor, sample_rate: int) -> Peaks:
    """Local maxima of the spectra of a wave [C, T] between 50 and 2500 Hz, by parabolas through log magnitudes."""
    low, high = (int(f * STFT.n_fft / ANALYSIS_RATE) for f in (LOWEST, HIGHEST))
    spectrum = STFT.transform(analysis_signal(wave, sample_rate))
    logs = np.log(spectrum[low - 1 : high + 1].abs().numpy().T + 1e-9)
    left, here, right = logs[:, :-2], logs[:, 1:-1], logs[:, 2:]
    audible = here > np.log(FLOOR) + here.max(1, keepdims=True)
    audible &= here > np.log(1e-4) + here.max()
    frame, place = np.nonzero((here > left) & (here >= right) & audible)
    a, b, c = (part[frame, place] for part in (left, here, right))
    offset = 0.5 * (a - c) / np.minimum(a - 2 * b + c, -1e-9)
    hertz = (low + place + np.clip(offset, -0.5, 0.5)) * ANALYSIS_RATE / STFT.n_fft
    return Peaks(frame, 69 + 12 * np.log2(hertz / 440.0), np.exp(b), len(logs))


def tuning_of_peaks(peaks: Peaks) -> float:
    """How far the pitches stand from A440's semitones, -0.5..0.5 semitones: the mean direction on the circle."""
    heard = (peaks.pitch > 45) & (peaks.pitch < 93)
    turns = np.exp(2j * np.pi * peaks.pitch[heard]) * np.sqrt(peaks.strength[heard])
    return float(np.angle(turns.sum()) / (2 * np.pi)) if len(turns) else 0.0


def estimate_tuning(wave: Tensor, sample_rate: int) -> float:
    """The tuning of a wave [C, T] in semitones above A440, -0.5..0.5."""
    return tuning_of_peaks(spectral_peaks(wave, sample_rate))


def fold(peaks: Peaks, tuning: float, *, compression: float = 0.5) -> np.ndarray:
    """Chroma [12, F] (C first) of peaks: each counts for its own pitch class and, less, for the tones of which
    it may be a harmonic; `compression` is the exponent on magnitudes."""
    chroma = np.zeros((12, peaks.frames))
    weight = peaks.strength**compression
    for harmonic, share in HARMONICS:
        pitch = peaks.pitch - tuning - 12 * np.log2(harmonic)
        nearest = np.round(pitch)
        closeness = np.cos(np.pi * (pitch - nearest)) ** 2
        np.add.at(chroma, (nearest.astype(int) % 12, peaks.frame), share * weight * closeness)
    return chroma


def chroma(wave: Tensor, sample_rate: int) -> np.ndarray:
    """Pitch-class strength [12, F] (C first) of a wave [C, T], at FRAME_RATE frames per second; the strongest
    class of each frame is 1, a silent frame is 0."""
    peaks = spectral_peaks(wave, sample_rate)
    raw = fold(peaks, tuning_of_peaks(peaks))
    return raw / np.maximum(raw.max(0, keepdims=True), 1e-9)
