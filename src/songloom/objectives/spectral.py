"""How far one magnitude spectrum is from another: level by level, band by band, and at its peaks.

Every spectrum is [..., bins, F], linear magnitude; every result is a scalar mean over the batch.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

DECIBELS = 20 / math.log(10)
"""Decibels in one unit of the natural logarithm of an amplitude."""


def magnitude_l1(made: Tensor, true: Tensor) -> Tensor:
    """Mean |made - true| of (compressed) magnitudes."""
    return (made - true).abs().mean()


def log_l1(made: Tensor, true: Tensor, *, floor: float) -> Tensor:
    """Mean |ln made - ln true|, both not below `floor`."""
    return (made.clamp_min(floor).log() - true.clamp_min(floor).log()).abs().mean()


def log_mel_l1(made: Tensor, true: Tensor, filters: Tensor, *, floor: float = 1e-4) -> Tensor:
    """Mean |ln mel(made) - ln mel(true)| with mel `filters` [M, bins]; times `DECIBELS` it is the error in dB."""
    return log_l1(filters @ made, filters @ true, floor=floor)


def peak_error(made: Tensor, true: Tensor, weights: Tensor) -> Tensor:
    """sum_f w |true - made| / sum_f w |true|, by clip, then averaged; `weights` [bins, 1].

    Linear magnitudes, so the loudest partials decide: the pitch of a lead line counts, its noise floor not.
    """
    axes = (-2, -1)
    total = (weights * true).sum(axes)
    return ((weights * (true - made).abs()).sum(axes) / total.clamp_min(1e-3 * weights.sum())).mean()


def peak_weights(sample_rate: int, bins: int, *, top: float = 8000.0) -> Tensor:
    """sqrt(f / Hz) for each of `bins` frequencies up to `top` Hz, 0 above: [bins, 1]."""
    hertz = torch.linspace(0.0, sample_rate / 2, bins)[:, None]
    return hertz.sqrt() * (hertz <= top)
