"""Drums or none: how much of the sound is short and wide in frequency rather than long and narrow."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from songloom.audio.features.running_median import running_median
from songloom.audio.features.signal import ANALYSIS_RATE, analysis_signal
from songloom.audio.spectrogram import Stft, mel_filters, mel_spectrogram

STFT = Stft(1024, 512)
BANDS = 80  # mel bands from 30 Hz
ALONG_TIME, ALONG_BANDS = 17, 13  # neighbours of the medians: 0.4 s, and about an octave
REGISTERS = ((0, 8), (8, 30), (30, 55), (55, 80))  # bands: bass drum, body, snare, cymbals
BASS_DRUM_WEIGHT, CYMBAL_WEIGHT, OFFSET = 0.51, 0.23, 9.6


@dataclass(frozen=True)
class Percussion:
    """`ratio` 0..1: the percussive share of the energy; `levels`: percussive energy in four registers from
    bass drum to cymbals, dB relative to all energy; `drums` 0..1: how likely a drum set plays."""

    ratio: float
    levels: tuple[float, ...]
    drums: float


def split_percussion(energy: Tensor) -> tuple[Tensor, Tensor]:
    """Harmonic and percussive parts of energies [M, F], whose sum they are: soft masks from medians along
    time and along frequency (Fitzgerald 2010)."""
    harmonic = running_median(energy, ALONG_TIME)
    percussive = running_median(energy.T, ALONG_BANDS).T
    share = percussive.square() / (harmonic.square() + percussive.square()).clamp_min(1e-20)
    return energy * (1 - share), energy * share


def percussion_levels(wave: Tensor, sample_rate: int) -> tuple[float, tuple[float, ...]]:
    """The percussive share of the energy of a wave [C, T], and its level in each register in dB."""
    magnitude = STFT.magnitude(analysis_signal(wave, sample_rate))
    filters = mel_filters(ANALYSIS_RATE, STFT.n_fft, BANDS, low=30.0, equal_area=False)
    energy = mel_spectrogram(magnitude, filters)
    _, percussive = split_percussion(energy)
    total = energy.sum().clamp_min(1e-9)
    shares = torch.stack([percussive[low:high].sum() / total for low, high in REGISTERS])
    levels = 10 * torch.log10(shares + 1e-6)
    return float(percussive.sum() / total), tuple(levels.tolist())


def estimate_percussion(wave: Tensor, sample_rate: int) -> Percussion:
    """How percussive a wave [C, T] is. `drums` is a logistic fit of the bass-drum and the cymbal level to band
    renders with and without drum sets."""
    ratio, levels = percussion_levels(wave, sample_rate)
    evidence = BASS_DRUM_WEIGHT * levels[0] + CYMBAL_WEIGHT * levels[3] + OFFSET
    return Percussion(ratio, levels, 1 / (1 + math.exp(-evidence)))
