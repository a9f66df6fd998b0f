"""What a listener could count in a log-mel picture: a fixed vector for a few hours of music to learn from.

Hours are too few to teach a network how pictures of music look, and a CPU is too slow; statistics of bands (Tzanetakis
& Cook 2002, IEEE TSAP 10(5)), of their rise and fall, of which sound together, modulation spectra and the
autocorrelation of onsets are what such a network would have to find first.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from einops import rearrange, reduce
from torch import Tensor

REGISTERS, MODULATIONS = 8, 12
TOGETHER = 16
"""Groups of bands whose covariances are told."""
LAGS = 64
"""Distances in frames at which onsets are compared."""


def size(bands: int) -> int:
    """Numbers of `statistics` for so many bands."""
    return 6 * bands + TOGETHER * (TOGETHER + 1) // 2 + REGISTERS * MODULATIONS + 2 * LAGS


def statistics(picture: Tensor) -> Tensor:
    """Standardised log-mel [B, M, F] -> [B, `size(M)`], of no fixed scale. M must be a multiple of 16, F above 64."""
    if picture.shape[1] % TOGETHER or picture.shape[2] <= LAGS:
        least = f"a multiple of {TOGETHER} bands and more than {LAGS} frames"
        raise ValueError(f"the picture is {tuple(picture.shape[1:])}; statistics need {least}")
    return torch.cat([levels(picture), together(picture), modulation(picture), onsets(picture)], dim=1)


def levels(picture: Tensor) -> Tensor:
    """[B, M, F] -> [B, 6 M]: mean, deviation, the tenth from below and from above, mean rise and root mean square fall
    of each band."""
    ordered = picture.sort(dim=-1).values
    tenth = picture.shape[-1] // 10
    change = picture.diff(dim=-1)
    parts = (
        picture.mean(-1),
        picture.std(-1),
        ordered[..., tenth],
        ordered[..., -1 - tenth],
        change.clamp_min(0).mean(-1),
        change.clamp_max(0).square().mean(-1).sqrt(),
    )
    return torch.cat(parts, dim=1)


def together(picture: Tensor) -> Tensor:
    """[B, M, F] -> [B, 136]: the covariances of 16 groups of bands over time."""
    groups = reduce(picture, "b (g m) f -> b g f", "mean", g=TOGETHER)
    centred = groups - groups.mean(-1, keepdim=True)
    covariance = centred @ centred.mT / picture.shape[-1]
    upper = torch.triu_indices(TOGETHER, TOGETHER, device=picture.device)
    return covariance[:, upper[0], upper[1]]


def modulation(picture: Tensor) -> Tensor:
    """[B, M, F] -> [B, 96]: how strongly each of 8 registers moves at each of 12 rates, which grow evenly in their
    logarithm up to half the frame rate, in nepers."""
    spectrum = torch.fft.rfft(picture - picture.mean(-1, keepdim=True)).abs()[..., 1:]
    registers = reduce(spectrum, "b (r m) k -> b r k", "mean", r=REGISTERS)
    edges = np.geomspace(1, registers.shape[-1] + 1, MODULATIONS + 1).round().astype(int)
    rates = [registers[..., low - 1 : max(low, high - 1)].mean(-1) for low, high in pairwise(edges.tolist())]
    return torch.stack(rates, dim=-1).flatten(1).clamp_min(1e-3).log()


def onsets(picture: Tensor) -> Tensor:
    """[B, M, F] -> [B, 128]: how alike the onsets of the lower quarter of the bands, and of all, are to themselves 1 to
    64 frames later; 1 is the same."""
    rise = picture.diff(dim=-1).clamp_min(0)
    lines = torch.stack([rise[:, : picture.shape[1] // 4].mean(1), rise.mean(1)], dim=1)
    lines = lines - lines.mean(-1, keepdim=True)
    power = torch.fft.rfft(lines, 2 * lines.shape[-1]).abs().square()
    alike = torch.fft.irfft(power)[..., : LAGS + 1]
    return rearrange(alike[..., 1:] / alike[..., :1].clamp_min(1e-6), "b two lags -> b (two lags)")
