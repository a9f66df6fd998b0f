"""How far music is from the curves that it was asked to follow, measured by what is heard in it.

The figures of Wu et al. 2023 (arXiv 2311.07069, section V-C) as errors: melody accuracy, the level's distance, and the
F-measure of beats within 70 ms. Only where a curve asks for something.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from songloom.audio.clip import Audio
from songloom.conditioning.curves import RATE, Curve, Name

TOLERANCE = 0.07  # seconds, as MIREX counts beats
UNITS: Mapping[Name, str] = {"melody": "of the time", "dynamics": "dB", "rhythm": "1 - F of beats"}


def control_errors(asked: Mapping[Name, Curve], audio: Audio) -> dict[Name, float]:
    """The error of each control: `melody`, the part of the time in which another pitch class is heard, 0..1;
    `dynamics`, the mean distance in dB after the gain that suits best (finishing sets the loudness); `rhythm`, 1 less
    the F-measure of the beats, 0..1."""
    return {name: curve_error(curve, Curve.of_audio(name, audio)) for name, curve in asked.items()}


def curve_error(asked: Curve, heard: Curve) -> float:
    """The error of one control."""
    values, _ = heard.on(RATE, asked.frames)
    mask = asked.mask
    if asked.name == "melody":
        return float((asked.values != values)[:, mask].any(0).float().mean())
    if asked.name == "dynamics":
        apart = (values - asked.values)[0, mask]
        return float((apart - apart.median()).abs().mean())
    inside = functional.max_pool1d(mask.float()[None], 7, 1, 3)[0] > 0  # a beat may lie just outside
    wanted, found = (beats_of(rows[0] * known) for rows, known in ((asked.values, mask), (values, inside)))
    return 1 - f_measure(wanted, found)


def beats_of(chances: Tensor) -> list[float]:
    """Seconds of the beats in a curve [F] of their chance: peaks of at least a half, each at the top of the bell
    through it and its neighbours (a parabola of logarithms)."""
    logs = functional.pad(chances, (1, 1)).clamp_min(1e-9).log()
    left, here, right = logs[:-2], logs[1:-1], logs[2:]
    places = torch.nonzero((here >= left) & (here > right) & (chances >= 0.5))[:, 0]
    inner = (places > 0) & (places < len(chances) - 1)
    shift = 0.5 * (left - right) / (left - 2 * here + right).clamp_max(-1e-9)
    middles = places + 0.5 + torch.where(inner, shift[places].clamp(-0.5, 0.5), 0.0)
    found: list[float] = (middles / RATE).tolist()
    return found


def f_measure(wanted: list[float], found: list[float]) -> float:
    """The harmonic mean of precision and recall of moments within 70 ms, each matched at most once; 1 when there are
    none in either."""
    if not wanted and not found:
        return 1.0
    hits = place = 0
    for moment in wanted:
        while place < len(found) and found[place] < moment - TOLERANCE:
            place += 1
        if place < len(found) and found[place] <= moment + TOLERANCE:
            hits, place = hits + 1, place + 1
    return 2 * hits / (len(wanted) + len(found))
