"""Traits of a view: one vector of what a listener could count, from timbre, rhythm and harmony.

A corpus of minutes per style is too small to teach a network pictures, and a CPU too slow; statistics of mel bands
(Tzanetakis & Cook 2002), modulation spectra, onset correlations and pitch classes turned to the tonic carry
what tells styles, instruments and moods apart.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from songloom.audio.features.key import MAJOR, MINOR
from songloom.metrics.views import MELS, NOTES, RHYTHM_WIDTH, View, rhythm

GROUPS = 20  # of mel bands, for covariances
REGISTERS, MODULATIONS = 8, 12
INTERVALS = 37
TRAITS = (
    7 * MELS + GROUPS * (GROUPS + 1) // 2 + REGISTERS * MODULATIONS + RHYTHM_WIDTH + 2 * INTERVALS + NOTES // 4 + 9 + 40
)
_PROFILES = np.stack([np.roll(mode, tonic) for mode in (MAJOR, MINOR) for tonic in range(12)])


def traits(seen: View) -> Tensor:
    """View [B, ...] -> [B, TRAITS], finite, of no fixed scale."""
    parts = (spread(seen.timbre), together(seen.timbre), modulation(seen.timbre), rhythm(seen.timbre))
    return torch.cat([*parts, intervals(seen.harmony), register(seen.harmony), scale(seen.harmony)], dim=1)


def spread(timbre: Tensor) -> Tensor:
    """[B, M, F] -> [B, 7 M]: mean, deviation, low, middle and high level of each band, how it rises and falls."""
    quarters = torch.quantile(timbre, torch.tensor([0.1, 0.5, 0.9]), dim=-1)
    change = timbre.diff(dim=-1)
    rises, falls = change.clamp_min(0).mean(-1), (-change).clamp_min(0).square().mean(-1).sqrt()
    return torch.cat([timbre.mean(-1), timbre.std(-1), *quarters, rises, falls], dim=1)


def together(timbre: Tensor) -> Tensor:
    """[B, M, F] -> covariances of GROUPS groups of bands, [B, GROUPS (GROUPS + 1) / 2]: what sounds with what."""
    groups = timbre.reshape(len(timbre), GROUPS, MELS // GROUPS, -1).mean(2)
    centred = groups - groups.mean(-1, keepdim=True)
    covariance = centred @ centred.transpose(1, 2) / centred.shape[-1]
    rows, columns = torch.triu_indices(GROUPS, GROUPS)
    return covariance[:, rows, columns]


def modulation(timbre: Tensor) -> Tensor:
    """[B, M, F] -> [B, REGISTERS * MODULATIONS]: how strongly each register pulses at 0.3 to 15 Hz, logarithmic."""
    bands = timbre.reshape(len(timbre), REGISTERS, MELS // REGISTERS, -1).mean(2)
    centred = bands - bands.mean(-1, keepdim=True)
    spectrum = torch.fft.rfft(centred * torch.hann_window(centred.shape[-1]), n=512)[..., :257].abs().square()
    edges = np.unique(np.round(np.geomspace(4, 256, MODULATIONS + 1)).astype(int))
    powers = [spectrum[..., low:high].mean(-1) for low, high in pairwise(edges)]
    return (torch.stack(powers, -1) / centred.shape[-1]).clamp_min(1e-6).log().flatten(1)


def intervals(harmony: Tensor) -> Tensor:
    """[B, NOTES, G] -> [B, 2 INTERVALS]: how often two notes this many semitones apart sound at once, and in all."""
    sharp = peaks(harmony)
    return torch.cat([_at_distance(sharp).mean(-1), _at_distance(sharp.mean(-1, keepdim=True))[..., 0]], dim=1)


def register(harmony: Tensor) -> Tensor:
    """[B, NOTES, G] -> [B, NOTES // 4 + 9]: how much sounds in every third of an octave, how many notes sound, how
    they change, and how high the highest and lowest lie."""
    sharp = peaks(harmony)
    weight = sharp.mean(-1)
    count = (sharp > 0.5).float().sum(1)
    notes = torch.linspace(0, 1, NOTES)[:, None]
    total = sharp.sum(1, keepdim=True).clamp_min(1e-3)
    centre = (notes * sharp / total).sum(1)
    high, low = (notes * (sharp > 0.5)).amax(1), 1 - ((1 - notes) * (sharp > 0.5)).amax(1)
    change = sharp.diff(dim=-1).abs().mean((1, 2)) if sharp.shape[-1] > 1 else torch.zeros(len(sharp))
    moving = [
        one for values in (count / 10, centre, high, low) for one in (values.mean(-1), values.std(-1, unbiased=False))
    ]
    coarse = weight.reshape(len(weight), -1, 4).sum(-1)
    return torch.cat([coarse, torch.stack([*moving, change], dim=1)], dim=1)


def scale(harmony: Tensor) -> Tensor:
    """[B, NOTES, G] -> [B, 40]: pitch classes of the whole and of the bass from the tonic up, the fit of the best
    major and minor key and their difference; what major and minor, dark and light modes differ in."""
    sharp = peaks(harmony).mean(-1)
    folded = sharp.reshape(len(sharp), NOTES // 12, 12)
    whole, bass = folded.sum(1), folded[:, :2].sum(1)  # row 0 is A
    both = _shares(whole) + 0.3 * _shares(bass)
    profiles = torch.from_numpy(np.roll(_PROFILES, -9, axis=1)).float()
    fit = (
        functional.normalize(both - both.mean(1, keepdim=True), dim=1)
        @ functional.normalize(profiles - profiles.mean(1, keepdim=True), dim=1).T
    )
    tonic = (fit.argmax(1) % 12 + 3) % 12  # columns begin at C, classes at A
    turn = (torch.arange(12)[None] + tonic[:, None]) % 12
    major, minor = fit[:, :12].amax(1), fit[:, 12:].amax(1)
    keys = torch.stack([major, minor, major - minor], dim=1)
    sorted_fit = fit.sort(dim=1, descending=True).values[:, :6]
    sines = torch.fft.rfft(_shares(whole)).abs()
    return torch.cat([_shares(whole).gather(1, turn), _shares(bass).gather(1, turn), keys, sorted_fit, sines], dim=1)


def peaks(harmony: Tensor) -> Tensor:
    """How much each note [B, NOTES, G] stands above its neighbours and above 40 dB under the loudest, tens of dB."""
    padded = functional.pad(harmony, (0, 0, 2, 2))
    around = torch.stack([padded[:, shift : shift + NOTES] for shift in (0, 1, 3, 4)])
    floor = torch.maximum(around.mean(0), torch.maximum(around[1], around[2]) - 0.5)
    return (harmony - floor).clamp_min(0) * (harmony > 3.0)


def _at_distance(notes: Tensor) -> Tensor:
    """[B, NOTES, G] -> [B, INTERVALS, G]: correlation over the notes at 0 to INTERVALS - 1 semitones, 1 at 0."""
    spectrum = torch.fft.rfft(notes, 128, dim=1)
    correlation = torch.fft.irfft(spectrum.abs().square(), 128, dim=1)[:, :INTERVALS]
    power = correlation[:, :1]
    return torch.cat([torch.log1p(power) / math.e, correlation[:, 1:] / power.clamp_min(1e-3)], dim=1)


def _shares(classes: Tensor) -> Tensor:
    return classes / classes.sum(1, keepdim=True).clamp_min(1e-6)
