"""Stereo correctness: how much lies in the middle and at the sides, and whether the channels agree in phase."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

QUIETEST = -99.0
"""Decibels that stand for nothing at all."""
OUT_OF_PHASE = -0.1
"""A correlation below which channels cancel each other noticeably in mono."""
LOPSIDED = 20.0
"""Decibels between the channels from which one of them counts as missing."""


@dataclass(frozen=True, slots=True)
class Stereo:
    """`mid` and `side` level of (L + R) / 2 and (L - R) / 2 in dB of full scale; `correlation` of the channels, -1..1
    (1: mono, 0: unrelated, -1: they cancel out in mono); `balance`: left over right in dB."""

    mid: float
    side: float
    correlation: float
    balance: float

    @property
    def in_phase(self) -> bool:
        """Whether most is left of it in mono."""
        return self.correlation > OUT_OF_PHASE

    @property
    def both_sound(self) -> bool:
        """Whether neither channel is missing."""
        return abs(self.balance) < LOPSIDED


def stereo(wave: Tensor) -> Stereo | None:
    """Of a wave [C, T], C 2; None for one channel or silence, which say nothing. Raises ValueError for other
    channels."""
    if wave.ndim != 2 or wave.shape[0] not in (1, 2) or not wave.shape[1]:
        raise ValueError(f"the wave is {tuple(wave.shape)}; needs [1, T] or [2, T] with at least one sample")
    if wave.shape[0] == 1 or not bool(wave.any()):
        return None
    left, right = wave.double()
    powers = float(left.square().mean()), float(right.square().mean())
    product = float((left * right).mean())
    total = math.sqrt(powers[0] * powers[1])
    return Stereo(
        mid=decibels((powers[0] + powers[1] + 2 * product) / 4),
        side=decibels((powers[0] + powers[1] - 2 * product) / 4),
        correlation=max(-1.0, min(1.0, product / total)) if total > 0 else 0.0,
        balance=decibels(powers[0]) - decibels(powers[1]),
    )


def decibels(power: float) -> float:
    """10 log10 of a power, QUIETEST at least."""
    return max(QUIETEST, 10 * math.log10(power)) if power > 0 else QUIETEST
