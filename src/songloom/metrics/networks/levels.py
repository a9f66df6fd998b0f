"""What published metrics do to the level of a clip before a network hears it: peaks, and 16 bits."""

from __future__ import annotations

from torch import Tensor

STEPS = 1 << 15
"""16-bit numbers on either side of 0."""


def peaked(wave: Tensor, decibels: float = -1.0) -> Tensor:
    """A wave [C, T] whose highest absolute sample is at `decibels` below full scale (`pyloudnorm.normalize.peak`);
    silence stays silence."""
    peak = wave.abs().amax()
    return wave * (10 ** (decibels / 20) / peak) if peak > 0 else wave


def sixteen_bits(wave: Tensor) -> Tensor:
    """A wave as it comes back from a 16-bit file of libsndfile, which rounds down and clips."""
    return (wave * STEPS).floor().clamp(-STEPS, STEPS - 1) / STEPS


def cut_bits(wave: Tensor) -> Tensor:
    """A wave through 16-bit numbers as laion_clap makes them, which are cut off towards 0."""
    return (wave.clamp(-1.0, 1.0) * (STEPS - 1)).trunc() / (STEPS - 1)
