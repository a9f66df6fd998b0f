"""The curves of a batch: all controls as rows of one grid, what is known of them, and hiding some of it in training.

A model that has seen every subset of controls, and controls that are there for a part of the time only, can be asked
for any of that (Wu et al. 2023, arXiv 2311.07069, section IV-B).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.audio.clip import Audio
from songloom.conditioning.curves import EXTRACTORS, NAMES, ROWS, Curve, Name, beats_curve, on_grid
from songloom.conditioning.curves import RATE as CURVE_RATE
from songloom.data.batch import Batch

ALL_ROWS = sum(ROWS.values())
FEATURES = ALL_ROWS + len(NAMES)
USUAL_LEVEL, LEVEL_SCALE = -25.0, 12.0
"""dB that become 0, and those that become 1."""


@dataclass(frozen=True, slots=True)
class Curves:
    """B items' controls: `values` [B, 15, F], rows in the order of NAMES, and where each is `known` [B, 3, F]."""

    values: Tensor
    known: Tensor

    def to(self, device: torch.device | str) -> Curves:
        """The same on `device`."""
        return Curves(self.values.to(device), self.known.to(device))

    def without(self, items: Tensor) -> Curves:
        """The same with nothing known of the marked items [B]."""
        return Curves(self.values, self.known & ~items[:, None, None])

    def features(self) -> Tensor:
        """What a network is shown [B, FEATURES, F]: values of about unit size, 0 where unknown, and what is known."""
        rows = torch.split(self.values, list(ROWS.values()), dim=1)
        scaled = [
            (row - USUAL_LEVEL) / LEVEL_SCALE if name == "dynamics" else row
            for name, row in zip(ROWS, rows, strict=True)
        ]
        shown = [part * known[:, None] for part, known in zip(scaled, self.known.unbind(1), strict=True)]
        return torch.cat([*shown, self.known.to(self.values)], dim=1)

    def hidden(self, rates: HiddenCurves) -> Curves:
        """The same with some of it unknown, by torch's global generator."""
        size, controls, frames = self.known.shape
        device = self.known.device
        gone = torch.rand(size, 1, 1, device=device) < rates.all
        gone = gone | (torch.rand(size, controls, 1, device=device) < rates.each)
        ends = torch.rand(2, size, controls, 1, device=device).sort(0).values * frames
        places = torch.arange(frames, device=device)
        stretch = (places >= ends[0]) & (places < ends[1])
        stretch = stretch ^ (torch.rand(size, controls, 1, device=device) < 0.5)  # the inner part, or both outer ones
        gone = gone | (stretch & (torch.rand(size, controls, 1, device=device) < rates.stretch))
        return Curves(self.values, self.known & ~gone)


@dataclass(frozen=True, kw_only=True)
class HiddenCurves:
    """How often curves are hidden in training: all of an item, one of its controls, a stretch of one control."""

    all: float = 0.1
    each: float = 0.3
    stretch: float = 0.4


def unknown(size: int, frames: int) -> Curves:
    """Curves that ask for nothing."""
    return Curves(torch.zeros(size, ALL_ROWS, frames), torch.zeros(size, len(NAMES), frames, dtype=torch.bool))


def joined(parts: Sequence[Curves]) -> Curves:
    """The items of all parts, one after the other."""
    return Curves(torch.cat([part.values for part in parts]), torch.cat([part.known for part in parts]))


def of_controls(controls: Mapping[Name, Curve], frame_rate: float, frames: int) -> Curves:
    """One item's curves [1, ...] at a model's frames."""
    found = unknown(1, frames)
    begin = 0
    for place, (name, rows) in enumerate(ROWS.items()):
        if name in controls:
            values, known = controls[name].on(frame_rate, frames)
            found.values[0, begin : begin + rows], found.known[0, place] = values, known
        begin += rows
    return found


def extracted(
    audio: Audio, frame_rate: float, frames: int, *, labels: Mapping[str, object] | None = None, start: float = 0.0
) -> Tensor:
    """All rows [15, F] of a recording that starts `start` seconds into a clip with `labels`, whose beats are taken
    for granted where it has any."""
    rows = []
    for name, extract in EXTRACTORS.items():
        beats, downbeats = ((labels or {}).get(key) or () for key in ("beats", "downbeats"))
        if name == "rhythm" and beats:
            length = round(frames / frame_rate * CURVE_RATE) + 1
            moments = [[float(at) - start for at in times] for times in (beats, downbeats)]  # type: ignore[attr-defined]
            values = beats_curve(moments[0], moments[1], length)
        else:
            values = extract(audio.wave, audio.sample_rate)
        everywhere = torch.ones(values.shape[1], dtype=torch.bool)
        rows.append(on_grid(name, values, everywhere, CURVE_RATE, frame_rate, frames)[0])
    return torch.cat(rows)


def of_batch(batch: Batch, frame_rate: float, frames: int) -> Curves:
    """A batch's curves at its codec's frames, as it holds them or as its waves have them; unknown where it has
    neither, and beyond the clips' ends."""
    if batch.curves is not None:
        values, inside = batch.curves[..., :frames], batch.mask[:, :frames]
    elif batch.wave is not None and batch.sample_rate is not None:
        starts = batch.start.tolist()
        items = [
            extracted(Audio(wave.float().cpu(), batch.sample_rate), frame_rate, frames, labels=labels, start=start)
            for wave, labels, start in zip(batch.wave, batch.labels, starts, strict=True)
        ]
        times = torch.arange(frames, device=batch.start.device) / frame_rate
        values, inside = torch.stack(items), times < batch.seconds[:, None]
    else:
        return unknown(len(batch), frames)
    known = inside.to(values.device)[:, None].expand(-1, len(NAMES), -1)
    return Curves(values, known)


class CurveConditioner(nn.Module):
    """Curves -> vectors [B, P, D] of P positions of `patch` frames each: silent at first (a "zero convolution", Zhang
    et al. 2023, arXiv 2302.05543), so that a network begins as what it is without them."""

    def __init__(self, width: int, patch: int = 1, hidden: int = 128) -> None:
        super().__init__()
        self.patch = patch
        self.enter = nn.Linear(patch * FEATURES, hidden)
        self.leave = nn.Linear(hidden, width)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, curves: Curves) -> Tensor:
        features = curves.features()
        whole = functional.pad(features, (0, -features.shape[-1] % self.patch))
        folded = rearrange(whole, "b n (p f) -> b p (n f)", f=self.patch)
        return self.leave(functional.silu(self.enter(folded)))
