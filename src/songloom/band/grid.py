"""Step strings: one bar of rhythm as text, and how a 4/4 bar becomes sensible in 3/4 and 6/8.

A pattern has four characters (sixteenths) a beat, written for 4/4, several bars joined; spaces and "|" are
decoration. "." rests and "-" holds; what the other characters mean is the reader's business. A bar of 3/4
has 12 steps of a quarter beat, a bar of 6/8 has 12 steps of a sixth of its dotted beat.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from songloom.band.piece import Meter, Section

_STEPS_IN_COMMON_TIME = 16
_COMPOUND_POSITIONS = (0, 2, 4, 5)


def steps_per_bar(meter: Meter) -> int:
    return meter.beats * 2 * meter.division


def step_length(meter: Meter) -> float:
    """Length of one step in beats."""
    return 1.0 / (2 * meter.division)


def total_beats(sections: Sequence[Section], meter: Meter) -> float:
    return float(sum(section.bars for section in sections) * meter.beats)


def bars_of(pattern: str) -> list[str]:
    """The 4/4 bars of a step string."""
    plain = pattern.replace(" ", "").replace("|", "")
    if not plain or len(plain) % _STEPS_IN_COMMON_TIME:
        raise ValueError(f"a step string has a multiple of 16 steps, not {len(plain)}: {pattern!r}")
    return [plain[i : i + _STEPS_IN_COMMON_TIME] for i in range(0, len(plain), _STEPS_IN_COMMON_TIME)]


def fit_bar(bar: str, meter: Meter, three: tuple[int, int, int] = (0, 1, 2), two: tuple[int, int] = (0, 2)) -> str:
    """A 16-step bar in `meter`: 3/4 keeps the beats `three`; 6/8 keeps a stream of eighths or sixteenths as it
    flows, and otherwise the beats `two`, whose off-beats move to the last third."""
    if meter.division == 3:
        if _flows(bar):
            return bar[: steps_per_bar(meter)]
        return "".join(_compound(bar[4 * beat : 4 * beat + 4]) for beat in two)
    if meter.beats == 3:
        return "".join(bar[4 * beat : 4 * beat + 4] for beat in three)
    return bar


def fit(
    pattern: str, meter: Meter, three: tuple[int, int, int] = (0, 1, 2), two: tuple[int, int] = (0, 2)
) -> list[str]:
    """All bars of `pattern`, each fitted to `meter`."""
    return [fit_bar(bar, meter, three, two) for bar in bars_of(pattern)]


def _flows(bar: str) -> bool:
    """Whether at least six of the eight eighths are struck."""
    return sum(step not in ".-" for step in bar[::2]) >= 6


def _compound(beat: str) -> str:
    steps = ["."] * 6
    for step, position in zip(beat, _COMPOUND_POSITIONS, strict=True):
        steps[position] = step
    for source, filled in ((1, 1), (2, 3)):
        if beat[source] == "-":
            steps[filled] = "-"
    return "".join(steps)


def fit_tail(steps: str, meter: Meter) -> str:
    """The end of a bar written in sixteenths of 4/4 (whole beats of it), in `meter`; at most one bar."""
    if meter.division == 3:
        beats = [steps[i : i + 4] for i in range(0, len(steps), 4)][-meter.beats :]
        return "".join(_compound(beat) for beat in beats)
    return steps[-steps_per_bar(meter) :]


def choose(choices: Sequence[str], energy: float, rng: random.Random, spread: float = 0.4) -> str:
    """One of `choices`, ordered from calm to full, near the place that the energy asks for; "" of none."""
    if not choices:
        return ""
    place = (energy + rng.uniform(-spread, spread)) * len(choices)
    return choices[min(len(choices) - 1, max(0, int(place)))]
