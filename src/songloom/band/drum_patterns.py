"""What a drum groove is made of, and the reading of its step strings.

A line is voices with their steps, such as "BD X...x... ; SD ....X...". Steps: "X" accent, "x" normal, "o" soft,
"g" ghost, "r" a double, "t" a triplet and "q" a quadruple inside the step, "f" a flam (grace note before).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from songloom.band.grid import fit
from songloom.band.piece import Meter

KEYS = {
    "BD": 36, "RS": 37, "SD": 38, "CP": 39, "ES": 40, "CH": 42, "PH": 44, "OH": 46,
    "T6": 41, "T5": 43, "T4": 45, "T3": 47, "T2": 48, "T1": 50,
    "CR": 49, "C2": 57, "RD": 51, "R2": 59, "RB": 53, "TB": 54, "CB": 56,
    "BH": 60, "BL": 61, "CM": 62, "CO": 63, "CL": 64, "CA": 69, "MA": 70, "CV": 75, "WH": 76, "WL": 77, "TR": 81,
    "TS": 86, "TL": 87,
}  # fmt: skip

VELOCITIES = {"X": 112, "x": 92, "o": 68, "g": 38, "r": 78, "t": 74, "q": 72, "f": 104}

Line = dict[int, str]


@dataclass(frozen=True, slots=True)
class Pattern:
    """The choices of a groove: each tuple runs from the calm to the full; `extras` come in above an energy."""

    kicks: tuple[str, ...] = ()
    backs: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    extras: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Groove:
    """A style of drumming. `fills` names a family in `drum_fills.FILLS`; `calm` is what stays below energy .3
    ("time", "kick" or "all"); `crash` the voice on a new section's downbeat ("" for none); `ghosts` and `rolls`
    0..1 how often ghost strokes and hat rolls are added; `meters` the patterns of its own in metres other than 4/4."""

    pattern: Pattern
    fills: str
    calm: str = "time"
    crash: str = "CR"
    ghosts: float = 0.0
    rolls: float = 0.0
    meters: Mapping[str, Pattern] = field(default_factory=dict)


def read_line(line: str) -> Line:
    """Drum key -> steps of a line."""
    voices: Line = {}
    for voice in line.split(";") if line else ():
        name, _, steps = voice.strip().partition(" ")
        if name not in KEYS:
            raise ValueError(f"drum voice {name!r} is not one of {', '.join(KEYS)}")
        voices[KEYS[name]] = steps.replace(" ", "").replace("|", "")
    return voices


def fitted(line: str, meter: Meter, beats: tuple[int, ...]) -> list[Line]:
    """The bars of a 4/4 line in `meter`; `beats` are those kept, three or two of them (see `grid.fit`). Voices
    with fewer bars repeat theirs."""
    three = (beats[0], beats[1], beats[2]) if len(beats) == 3 else (0, 1, 2)
    two = (beats[0], beats[1]) if len(beats) == 2 else (0, 2)
    voices = {key: fit(steps, meter, three, two) for key, steps in read_line(line).items()}
    bars = max((len(steps) for steps in voices.values()), default=1)
    return [{key: steps[i % len(steps)] for key, steps in voices.items()} for i in range(bars)]


def native(line: str) -> list[Line]:
    """A line written in its own metre: one bar of 12 steps."""
    return [read_line(line)]


def kept_beats(pattern: Pattern, meter: Meter) -> tuple[int, ...]:
    """Which beats of the 4/4 bar survive in a shorter metre: those that hold the backbeat where there is one."""
    backbeat = any(steps[4] not in ".g" for line in pattern.backs for steps in read_line(line).values())
    if meter.division == 3:
        return (0, 1) if backbeat else (0, 2)
    return (0, 1, 3) if backbeat else (0, 1, 2)
