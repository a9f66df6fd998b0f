"""How far a copy's samples are from the original's: the scale-invariant signal-to-distortion ratio.

It hears phases, so a copy that sounds alike with other phases scores low.
"""

from __future__ import annotations

import torch
from torch import Tensor

from songloom.metrics.spectral import check_alike


def si_sdr(made: Tensor, true: Tensor) -> float:
    """10 log10(|a t|^2 / |m - a t|^2) in dB, where a t is the projection of the copy m on the original t, both without
    their means (Le Roux et al. 2019, arXiv 1811.02508, equation 5; DAC's SI-SDR).

    Waves [..., T] of one shape are one signal each, all channels and clips together: average over clips yourself.
    Over 200 dB for an exact copy of any loudness, minus infinity for a silent one. Raises ValueError when the original
    is silent.
    """
    check_alike(made, true)
    copy, original = (wave.double().flatten() - wave.double().mean() for wave in (made, true))
    power = original.square().sum()
    if not power > 0:
        raise ValueError("the original is silent; a ratio to its power needs some sound")
    target = (copy @ original) / power * original
    distortion = (copy - target).square().sum().clamp_min(torch.finfo(torch.float64).tiny)
    return float(10 * torch.log10(target.square().sum() / distortion))
