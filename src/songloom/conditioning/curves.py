"""Curves that music can be asked to follow: melody, dynamics and rhythm over time, any of them, any part of the time.

Wu et al. 2023 (arXiv 2311.07069, section III): the melody is one pitch class for each moment, dynamics are levels in
dB, the rhythm is where beats and downbeats fall. A curve lies on a grid of 50 frames a second, knows in which of them
it asks for something, and comes from a recording, from numbers, or from a function of time.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import torch
from torch import Tensor

from songloom.audio.clip import Audio
from songloom.audio.features.downbeats import track_downbeats
from songloom.audio.features.dynamics import dynamics
from songloom.audio.features.melody import melody
from songloom.conditioning.notes import REST, pitch_class

Name = Literal["melody", "dynamics", "rhythm"]
NAMES: tuple[Name, ...] = get_args(Name)
ROWS: dict[Name, int] = {"melody": 12, "dynamics": 1, "rhythm": 2}
"""Melody: pitch classes from C, all 0 for a rest; dynamics: dB; rhythm: chance of a beat, and of a downbeat."""
RANGES: dict[Name, tuple[float, float]] = {"melody": (0.0, 1.0), "dynamics": (-80.0, 0.0), "rhythm": (0.0, 1.0)}
RATE = 50.0
BEAT_WIDTH = 0.04
"""Deviation in seconds of the bell that stands for a beat."""
Value = float | int | str | Sequence[float] | None
"""What asks for something at one moment: dB; a note's name, a pitch class or a MIDI number, "-" for a rest; the chance
of a beat, or of a beat and a downbeat. None asks for nothing."""


@dataclass(frozen=True, eq=False)
class Curve:
    """`values` [N, F] of the control `name`, 50 frames a second; it asks for those of the frames that are `known` [F]
    (None: for all)."""

    name: Name
    values: Tensor
    known: Tensor | None = None

    def __post_init__(self) -> None:
        if self.name not in ROWS:
            raise ValueError(f"no control {self.name!r}; there are: {', '.join(NAMES)}")
        rows, (low, high) = ROWS[self.name], RANGES[self.name]
        if self.values.ndim != 2 or self.values.shape[0] != rows or not self.values.is_floating_point():
            raise ValueError(f"{self.name} is {tuple(self.values.shape)}; needs [{rows}, F] of floats")
        if self.known is not None and (self.known.shape != self.values.shape[1:] or self.known.dtype != torch.bool):
            raise ValueError(f"{self.name} is known at {tuple(self.known.shape)}; needs [{self.frames}] of bools")
        asked = self.values if self.known is None else self.values[:, self.known]
        if not asked.numel():
            raise ValueError(f"{self.name} is empty: it asks for nothing at any time")
        if not bool(asked.isfinite().all()):
            raise ValueError(f"{self.name} has values that are not numbers (NaN or infinite)")
        if float(asked.min()) < low or float(asked.max()) > high:
            reach = f"{float(asked.min()):g} to {float(asked.max()):g}"
            raise ValueError(f"{self.name} has values from {reach}; needs {low:g} to {high:g}")

    @property
    def frames(self) -> int:
        """Frames F of the grid."""
        return self.values.shape[1]

    @property
    def seconds(self) -> float:
        return self.frames / RATE

    @property
    def mask(self) -> Tensor:
        """Which frames [F] ask for something."""
        return torch.ones(self.frames, dtype=torch.bool) if self.known is None else self.known

    @classmethod
    def of_audio(cls, name: Name, audio: Audio) -> Curve:
        """What a recording does. Raises ValueError for numbers that are not finite."""
        return cls(name, EXTRACTORS[name](audio.wave, audio.sample_rate))

    @classmethod
    def of_values(cls, name: Name, values: Sequence[Value], frame_rate: float = RATE) -> Curve:
        """From one value for each of `frame_rate` frames a second."""
        if not values or not math.isfinite(frame_rate) or frame_rate <= 0:
            raise ValueError(
                f"{name} has {len(values)} values at {frame_rate:g} a second; needs some, at a rate above 0"
            )
        rows, known = zip(*(_cell(name, value) for value in values), strict=True)
        dense, mask = torch.tensor(rows).T, torch.tensor(known)
        return cls(name, *on_grid(name, dense, mask, frame_rate, RATE, max(1, round(len(values) / frame_rate * RATE))))

    @classmethod
    def drawn(cls, name: Name, function: Callable[[float], Value], seconds: float) -> Curve:
        """From a function of the time in seconds."""
        return cls.of_values(name, [function((frame + 0.5) / RATE) for frame in range(max(1, round(seconds * RATE)))])

    def on(self, frame_rate: float, frames: int) -> tuple[Tensor, Tensor]:
        """Values [N, frames] and what is known [frames] at another rate; nothing is beyond the curve's end."""
        return on_grid(self.name, self.values, self.mask, RATE, frame_rate, frames)

    def summary(self) -> dict[str, Any]:
        """What tells this curve from others in a recipe: hash of its values, seconds, and how many it asks for."""
        asked = torch.where(self.mask, self.values, math.nan).float().contiguous()
        digest = hashlib.sha256(asked.view(torch.uint8).numpy().data).hexdigest()
        return {"curve": self.name, "sha256": digest, "seconds": self.seconds, "asked": int(self.mask.sum()) / RATE}


def beats_curve(beats: Sequence[float], downbeats: Sequence[float], frames: int) -> Tensor:
    """The rhythm [2, F] of beats and downbeats in seconds: a bell of height 1 for each."""
    times = (np.arange(frames) + 0.5) / RATE
    rows = np.zeros((2, frames))
    for row, moments in zip(rows, (beats, downbeats), strict=True):
        for moment in moments:
            np.maximum(row, np.exp(-0.5 * ((times - moment) / BEAT_WIDTH) ** 2), out=row)
    return torch.from_numpy(rows).float()


def rhythm(wave: Tensor, sample_rate: int) -> Tensor:
    """Where beats and downbeats [2, F] of a wave [C, T] are heard."""
    beats, downbeats = track_downbeats(wave, sample_rate)
    return beats_curve(beats.tolist(), downbeats.tolist(), math.ceil(wave.shape[-1] / sample_rate * RATE))


def level(wave: Tensor, sample_rate: int) -> Tensor:
    """Dynamics [1, F] of a wave [C, T] in dB."""
    return dynamics(wave, sample_rate, frame_rate=RATE, floor=RANGES["dynamics"][0]).clamp_max(0.0)[None]


EXTRACTORS: dict[Name, Callable[[Tensor, int], Tensor]] = {"melody": melody, "dynamics": level, "rhythm": rhythm}


def on_grid(name: Name, values: Tensor, known: Tensor, old: float, rate: float, frames: int) -> tuple[Tensor, Tensor]:
    """Values [N, F] known at [F], `old` frames a second, as [N, frames] and [frames] at `rate`: melodies and what is
    known as they are at the middle of a frame, the others along lines between the middles of what is known."""
    middles = (np.arange(frames) + 0.5) / rate * old
    nearest = torch.from_numpy(np.minimum(middles.astype(np.int64), values.shape[1] - 1))
    there = known[nearest] & torch.from_numpy(middles < values.shape[1])
    found = values[:, nearest]
    if name != "melody" and bool(known.any()):
        places = torch.nonzero(known)[:, 0].numpy()
        lines = [np.interp(middles - 0.5, places, row[places]) for row in values.double().numpy()]
        found = torch.from_numpy(np.stack(lines)).to(values)
    return torch.where(there, found, 0.0), there


def _cell(name: Name, value: Value) -> tuple[list[float], bool]:
    """A column [N] of the control's values and whether it asks for something. Raises ValueError for what is none."""
    if value is None:
        return [0.0] * ROWS[name], False
    if name == "melody":
        return _one_hot(value), True
    parts: list[Any] = list(value) if isinstance(value, list | tuple) else [value, 0.0][: ROWS[name]]
    if len(parts) != ROWS[name] or not all(isinstance(part, int | float) for part in parts):
        raise ValueError(f"{name} cannot be {value!r}; it takes {'a number' if name == 'dynamics' else 'one or two'}")
    return list(map(float, parts)), True


def _one_hot(value: Value) -> list[float]:
    """The column [12] of a note; all 0 for a rest."""
    if not isinstance(value, int | str) or isinstance(value, bool):
        raise ValueError(f'melody cannot be {value!r}; it takes notes: "C#", "A4", a MIDI number, "-" for a rest')
    found = None if value == REST else pitch_class(value)
    return [float(row == found) for row in range(ROWS["melody"])]
