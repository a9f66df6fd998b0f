"""What a style is: plain settings that the composer reads; the tables beside this file hold the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Seat:
    """One chair of a line-up: a role, the sounds that may sit there and what each may play.

    `plays` names grooves (drums, percussion kits), bass lines (bass, tuned percussion), melody characters
    (melody), counter lines (counter) or comping figures (chords, pad, arpeggio). `chance` is how often the
    chair is taken, `enters` the section energy from which it plays; `low`..`high` narrows the sound's range.
    """

    role: str
    sounds: tuple[str, ...]
    plays: tuple[str, ...]
    level: float = 0.0
    pan: float = 0.0
    chance: float = 1.0
    enters: float = 0.0
    low: int = 0
    high: int = 127


@dataclass(frozen=True, slots=True)
class Palette:
    """Harmony in one mode: bar-by-bar roman numerals (see `harmony.parse_bars`).

    `loops` serve verses, A sections and intros, `choruses` the contrasting sections (empty: another loop);
    `cadence` is the bar before a close, `home` the chord that closes.
    """

    mode: str
    weight: float
    loops: tuple[str, ...]
    choruses: tuple[str, ...] = ()
    cadence: str = "V"
    home: str = "I"


@dataclass(frozen=True, slots=True)
class Style:
    """`tempo` in beats per minute; `swing` 0..1 of pairs at `swing_level` notes a beat (2 eighths, 4 sixteenths);
    `timing` is the players' looseness in beats and `touch` in velocity (standard deviations); `forms` name plans
    of `form.PLANS` or "blues"; `turns` is how often a section's last bar turns to the cadence; `ends` is how often
    a piece closes rather than stops on a bar line."""

    name: str
    tempo: tuple[float, float]
    palettes: tuple[Palette, ...]
    lineups: tuple[tuple[Seat, ...], ...]
    moods: Mapping[str, float]
    meters: Mapping[str, float] = field(default_factory=lambda: {"4/4": 1.0})
    swing: tuple[float, float] = (0.0, 0.0)
    swing_level: int = 2
    timing: float = 0.01
    touch: float = 5.0
    forms: tuple[str, ...] = ("song",)
    turns: float = 0.3
    ends: float = 0.5
