"""Resampling by a windowed sinc, with the filters that published metrics were computed with.

What a network hears above 7 kHz depends on the resampler, so a distance that is to be compared with published figures
takes the published one; all else takes `audio.resample`. The sum is that of Smith's "Digital Audio Resampling Home
Page": y(t) = sum over n of x(n) h(t - n), for each of the phases that two rates have.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional

MOST_WEIGHTS = 1 << 24
"""Weights of all phases together; only rates that are strange to each other need more."""


@dataclass(frozen=True, kw_only=True)
class SincFilter:
    """A sinc that ends after `zeros` crossings on either side, at `rolloff` of half the lower rate, under a Hann
    window or a Kaiser window of `beta`. With `unit_sum` the weights of every phase sum to 1; outside the wave its
    ends are held on, or there is silence; a part of a sample at the end is kept or dropped."""

    name: str
    zeros: int
    rolloff: float
    beta: float | None = None
    unit_sum: bool = False
    held_ends: bool = False
    part_kept: bool = True


JULIUS = SincFilter(
    name="julius (24 zeros, rolloff 0.945)", zeros=24, rolloff=0.945, unit_sum=True, held_ends=True, part_kept=False
)
"""audiocraft's `convert_audio`."""
TORCHAUDIO = SincFilter(name="torchaudio (6 zeros, rolloff 0.99)", zeros=6, rolloff=0.99)
"""torchaudio's defaults, as audioldm_eval uses them."""
KAISER_BEST = SincFilter(
    name="kaiser best (64 zeros, rolloff 0.9476)", zeros=64, rolloff=0.9475937167399596, beta=14.769656459379492
)
"""What fadtk asks of torchaudio: the filter of resampy 0.2, that of openl3, but without resampy's table."""


def sinc_resample(wave: Tensor, from_rate: int, to_rate: int, how: SincFilter) -> Tensor:
    """A wave [..., T] at another rate, [..., T * to / from rounded up or down as the filter says].

    Raises ValueError for rates that are not above 0, or whose phases would need too much memory."""
    if from_rate <= 0 or to_rate <= 0:
        raise ValueError(f"from {from_rate} to {to_rate} Hz; sample rates are above 0")
    if from_rate == to_rate:
        return wave
    common = math.gcd(from_rate, to_rate)
    old, new = from_rate // common, to_rate // common
    weights, reach = _phases(old, new, how)
    rows = wave.reshape(-1, 1, wave.shape[-1])
    ends = "replicate" if how.held_ends else "constant"
    made = functional.conv1d(functional.pad(rows, (reach, reach + old), mode=ends), weights.to(wave), stride=old)
    length = wave.shape[-1] * new // old if not how.part_kept else -(-wave.shape[-1] * new // old)
    return rearrange(made, "b new t -> b (t new)")[:, :length].reshape(*wave.shape[:-1], length)


@lru_cache(maxsize=8)
def _phases(old: int, new: int, how: SincFilter) -> tuple[Tensor, int]:
    """Weights [new, 1, 2 * reach + old] of the samples around each new one, and how far they reach."""
    rate = min(old, new) * how.rolloff
    reach = math.ceil(how.zeros * old / rate)
    if new * (2 * reach + old) > MOST_WEIGHTS:
        raise ValueError(f"rates of ratio {new}:{old} need too many phases; resample to a common rate first")
    places = np.arange(-reach, reach + old) / old - np.arange(new)[:, None] / new
    crossings = np.clip(places * rate, -how.zeros, how.zeros)
    across = crossings / how.zeros
    if how.beta is None:
        window = np.cos(across * math.pi / 2) ** 2
    else:
        window = np.i0(how.beta * np.sqrt(1 - across**2)) / np.i0(how.beta)
    weights = np.sinc(crossings) * window * rate / old
    if how.unit_sum:
        weights /= weights.sum(1, keepdims=True)
    return torch.from_numpy(weights.astype(np.float32))[:, None], reach
