"""Faults that no music should have: clicks, direct current, clipped peaks, silence where nobody asked for it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

CLICK_RATIO = 25.0
CLICK_LEAST = 0.02
SILENCE_DB = -60.0
FULL_SCALE = 32_766 / 32_768
FLAT_TOP = 3  # samples in a row


def clicks(wave: Tensor, sample_rate: int) -> int:
    """Isolated jumps in a wave [C, T]: places where the second difference of the samples stands CLICK_RATIO above its
    root mean square 1 to 10 ms before and after, and above CLICK_LEAST of full scale.

    A drum's beginning is no click: what comes after it is as rough as the beginning.
    """
    bend = wave.float().diff(n=2).abs().amax(0)[None]
    if bend.shape[-1] < sample_rate // 50:
        return 0
    near, far = max(1, round(0.001 * sample_rate)), round(0.01 * sample_rate)
    side = functional.avg_pool1d(bend.square(), far - near, 1)[0].clamp_min(0).sqrt()
    rough = torch.maximum(side[: -(far + near)], side[far + near :])
    middle = bend[0, far : far + len(rough)]
    places = torch.nonzero((middle > CLICK_RATIO * rough) & (middle > CLICK_LEAST))[:, 0]
    return int((places.diff() > far).sum()) + bool(len(places))


def direct_current(wave: Tensor) -> float:
    """The largest mean of a channel of a wave [C, T], full scale 1."""
    return float(wave.double().mean(-1).abs().max())


def longest_silence(wave: Tensor, sample_rate: int, *, floor: float = SILENCE_DB) -> float:
    """Seconds of the longest stretch of a wave [C, T] whose level over 50 ms stays under `floor` dB of full scale,
    not counting what lies in the last second, where a piece may have ended."""
    hop = max(1, sample_rate // 20)
    power = wave.float().square().mean(0)[: max(hop, wave.shape[-1] - sample_rate)]
    frames = power[: len(power) // hop * hop].reshape(-1, hop).mean(1)
    longest = current = 0
    for quiet in (frames < 10 ** (floor / 10)).tolist():
        current = current + 1 if quiet else 0
        longest = max(longest, current)
    return longest * hop / sample_rate


def clipped(wave: Tensor) -> float:
    """The share of the samples of a wave [C, T] that lie in flat tops: FLAT_TOP or more in a row at full scale, which
    a peak between two samples is not."""
    high = (wave.abs() >= FULL_SCALE).float()
    if high.shape[-1] < FLAT_TOP:
        return 0.0
    runs = 1 - functional.max_pool1d(1 - high, FLAT_TOP, 1)  # where FLAT_TOP highs begin
    inside = functional.max_pool1d(functional.pad(runs, (FLAT_TOP - 1, FLAT_TOP - 1)), FLAT_TOP, 1)
    return float(inside.mean())


def is_silent(wave: Tensor, *, floor: float = SILENCE_DB) -> bool:
    """Whether the whole wave [C, T] lies under `floor` dB of full scale (root mean square)."""
    return float(wave.double().square().mean()) < 10 ** (floor / 10)
