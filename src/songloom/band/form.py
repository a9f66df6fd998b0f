"""Form: how many bars a piece has, how they divide into sections, and how full each section plays."""

from __future__ import annotations

import random

from songloom.band.moods import Mood
from songloom.band.piece import Meter, Section

PLANS: dict[str, tuple[tuple[str, ...], ...]] = {
    "song": (
        ("verse",),
        ("verse", "chorus"),
        ("verse", "verse", "chorus"),
        ("verse", "chorus", "verse", "chorus"),
        ("verse", "verse", "chorus", "verse", "chorus"),
        ("verse", "verse", "chorus", "bridge", "chorus", "chorus"),
        ("verse", "verse", "chorus", "verse", "bridge", "chorus", "chorus"),
        ("verse", "verse", "chorus", "verse", "chorus", "bridge", "chorus", "chorus"),
    ),
    "ballad": (
        ("A",),
        ("A", "B"),
        ("A", "B", "A"),
        ("A", "A", "B", "A"),
        ("A", "A", "B", "A", "A"),
        ("A", "A", "B", "B", "A", "A"),
        ("A", "A", "B", "A", "B", "A", "A"),
        ("A", "A", "B", "A", "A", "A", "B", "A"),
    ),
    "strophic": (
        ("A",),
        ("A", "A"),
        ("A", "A", "B"),
        ("A", "A", "B", "B"),
        ("A", "A", "B", "B", "A"),
        ("A", "A", "B", "B", "A", "A"),
        ("A", "A", "B", "B", "A", "A", "B"),
        ("A", "A", "B", "B", "A", "A", "B", "B"),
    ),
    "club": (
        ("drop",),
        ("build", "drop"),
        ("A", "break", "drop"),
        ("A", "break", "build", "drop"),
        ("A", "A", "break", "build", "drop"),
        ("A", "A", "break", "build", "drop", "drop"),
        ("A", "A", "break", "build", "drop", "drop", "drop"),
        ("A", "A", "drop", "break", "build", "drop", "drop", "drop"),
    ),
    "groove": (
        ("A",),
        ("A", "B"),
        ("A", "A", "B"),
        ("A", "A", "break", "B"),
        ("A", "A", "B", "break", "A"),
        ("A", "A", "B", "A", "break", "B"),
        ("A", "A", "B", "A", "A", "break", "B"),
        ("A", "A", "B", "A", "A", "break", "B", "B"),
    ),
}

_ENERGY = {
    "intro": 0.35, "A": 0.58, "B": 0.74, "verse": 0.56, "chorus": 0.82, "bridge": 0.5, "break": 0.3, "build": 0.6,
    "drop": 0.88, "outro": 0.42,
}  # fmt: skip
_BLUES = 12


def count_bars(tempo: float, meter: Meter, seconds: float) -> int:
    """Whole bars near `seconds` (within about -6 and +12 % where bars are short enough), even and square
    numbers preferred: 8, 12, 16, ... before 10, 14 before odd ones."""
    exact = seconds * tempo / 60.0 / meter.beats
    nearest = max(1, round(exact))
    allowed = [bars for bars in range(1, nearest * 2 + 2) if 0.94 * exact <= bars <= 1.12 * exact] or [nearest]
    return min(allowed, key=lambda bars: (abs(bars / exact - 1.0) * 10.0 + _unsquare(bars), bars))


def _unsquare(bars: int) -> float:
    return next(cost for divisor, cost in ((8, 0.0), (4, 0.2), (2, 0.5), (1, 1.2)) if bars % divisor == 0)


def plan_sections(bars: int, form: str, mood: Mood, rng: random.Random, *, intro: bool) -> tuple[Section, ...]:
    """Sections that fill exactly `bars`; `form` is a key of PLANS or "blues" (twelve-bar choruses)."""
    if form not in PLANS and form != "blues":
        raise ValueError(f"form {form!r} is not one of {', '.join(PLANS)}, blues")
    names, lengths = _blues(bars) if form == "blues" else _periods(bars, PLANS[form], rng, intro=intro)
    return _with_energy(names, lengths, mood, rng)


def _periods(
    bars: int, plans: tuple[tuple[str, ...], ...], rng: random.Random, *, intro: bool
) -> tuple[list[str], list[int]]:
    """Equal periods of 8, 4, 2 or 1 bars; an intro takes the remainder, or half a period and an outro the rest."""
    period = _period_length(bars, rng)
    count, rest = divmod(bars, period)
    if rest == 0 and intro and count >= 3:
        count, rest = count - 1, period
    head, tail = _split_rest(rest, period)
    body = plans[min(count, len(plans)) - 1]
    names = [*(["intro"] * (head > 0)), *body, *(["outro"] * (tail > 0))]
    lengths = [*([head] * (head > 0)), *_stretch(len(body), count, period), *([tail] * (tail > 0))]
    return names, lengths


def _period_length(bars: int, rng: random.Random) -> int:
    if bars >= 24 and rng.random() < 0.75:
        return 8
    return 4 if bars >= 8 else 2 if bars >= 4 else 1


def _split_rest(rest: int, period: int) -> tuple[int, int]:
    """Bars of intro and of outro: an intro is at most half a period, and two bars where those are enough."""
    head = min(rest, max(1, period // 2))
    return head, rest - head


def _stretch(sections: int, periods: int, period: int) -> list[int]:
    """`periods` periods over `sections` sections; the later ones take the surplus."""
    base, surplus = divmod(periods, sections)
    return [(base + (index >= sections - surplus)) * period for index in range(sections)]


def _blues(bars: int) -> tuple[list[str], list[int]]:
    choruses, rest = divmod(bars, _BLUES)
    if choruses == 0:
        head = bars - 8 if bars > 8 else 0
        return (["intro", "A"], [head, 8]) if head else (["A"], [bars])
    head = min(4, rest)
    names = [*(["intro"] * (head > 0)), *["A"] * choruses, *(["outro"] * (rest > head))]
    lengths = [*([head] * (head > 0)), *[_BLUES] * choruses, *([rest - head] * (rest > head))]
    return names, lengths


def _with_energy(names: list[str], lengths: list[int], mood: Mood, rng: random.Random) -> tuple[Section, ...]:
    """Energy from the section's kind, its place (later is fuller), its return and the mood."""
    sections, start = [], 0
    total = sum(lengths)
    for index, (name, length) in enumerate(zip(names, lengths, strict=True)):
        rise = 0.09 * start / total + 0.05 * min(2, names[:index].count(name))
        energy = _ENERGY[name] + rise + mood.energy * 0.7 + rng.uniform(-0.04, 0.04)
        sections.append(Section(name, start, length, round(min(1.0, max(0.1, energy)), 3)))
        start += length
    return tuple(sections)
