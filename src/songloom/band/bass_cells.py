"""Bass lines as step strings.

"R" bass note of the chord, "8" its octave, "3" "5" "6" "7" degrees of the chord, "2" its ninth, "m" the flat
second, "b" the fifth below, "a" a step into the next chord, "n" the next chord's bass note ahead of time, "d" a
dead note, "Q" and "O" accented root and octave, "~" a hold that slides into the next note.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class BassLine:
    """`cells` from calm to full; `turns` replace every fourth bar; `lock` strikes every kick too; `gate` is the
    sounding share of a written length; `connects` lets the last eighth lead into a new chord; `three` and `two`
    are the beats kept in 3/4 and 6/8 (see `grid.fit_bar`); `meters` has cells of 12 steps in other metres."""

    cells: tuple[str, ...]
    turns: tuple[str, ...] = ()
    lock: bool = False
    gate: float = 0.92
    connects: bool = True
    three: tuple[int, int, int] = (0, 1, 2)
    two: tuple[int, int] = (0, 2)
    meters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


CELLS: dict[str, BassLine] = {
    "root": BassLine(("R---------------", "R-------R-------", "R-----R-R-------"), lock=True),
    "roots and fifths": BassLine(
        ("R-------5-------", "R---R---5---5---", "R-----R-5-----5-", "R-----5-R-----b-"),
        turns=("R-------5---a---", "R-----5-R-5-a-a-"),
    ),
    "eighths": BassLine(
        ("R---R---R---R---", "R-R-R-R-R-R-R-R-", "R-R-R-R-R-R-R-R-"),
        turns=("R-R-R-R-R-R-5-a-", "R-R-R-R-8-7-5-a-"),
        gate=0.9,
    ),
    "octaves": BassLine(
        ("R---8---R---8---", "R-8-R-8-R-8-R-8-", "R--8..R-R--8..8-"), turns=("R-8-R-8-R-8-5-a-",), gate=0.85
    ),
    "bossa": BassLine(
        ("R-----5-5-------", "R-----5-5-----R-", "R-----b-b-----R-", "R-----5-8-----5-"),
        turns=("R-----5-5---a---",),
        connects=False,
        meters={"3/4": ("R-----5-5---", "R-----5-8---"), "6/8": ("R---5-R---5-",)},
    ),
    "reggae": BassLine(
        ("R-----..5---....", "R--R--..R-5-3-..", "..R-R---..5-3-..", "R--R--..5-5-7-5-", "R-.R-.R-3-.35-5-"),
        turns=("R--R--..R-3-5-a-", "R-5-8-..5-3-R-.."),
        gate=0.85,
        connects=False,
    ),
    "country two": BassLine(
        ("R---....5---....", "R------.5------.", "R---....b---...."),
        turns=("R---....5---2-a-", "R---5---R---a---"),
        gate=0.85,
        meters={"6/8": ("R---..5---..", "R---..b---..")},
    ),
    "funk syncopated": BassLine(
        ("R-....d.R-......", "R-.d..R..d8-..5-", "R-.R..8.d.R-.7.a", "R.dR.8..R.d7.58.", "R--d8.7.d.5.7.8."),
        turns=("R-.R..8-7-.5.7.a", "R-..8.7.5.3.2.a."),
        lock=True,
        gate=0.75,
    ),
    "motown": BassLine(
        ("R--R..5-R--R..5-", "R--d.R5-R-.3..5a", "R--R-35.8--5.65a", "R--R.35-6-.5.3.a"),
        turns=("R-.3.5.6.8-6.5.a", "8--7.6.5-3-2.R.a"),
        gate=0.85,
    ),
    "disco octaves": BassLine(
        ("R-8-R-8-R-8-R-8-", "R-8-R-8-R-8-R-88", "R-88R-8.R-88R-8."), turns=("R-8-R-8-7-7-5-a-",), gate=0.7
    ),
    "house offbeat": BassLine(
        ("..R-..R-..R-..R-", "..R-..R...R-..RR", "..R..R..R.R..R8.", "..R-..RR..R-.R7."),
        turns=("..R-..R-..8-.75.",),
        gate=0.8,
        connects=False,
    ),
    "rolling": BassLine(
        ("..RR..RR..RR..RR", ".RRR.RRR.RRR.RRR", ".RR8.RRR.RR8.RR8", ".RRR.RR8.RRR.R87"),
        turns=(".RRR.RRR.RR8.875",),
        gate=0.7,
        connects=False,
    ),
    "reese": BassLine(
        (
            "R---------------",
            "R---------------|R----------~5---",
            "R------~R--~7---",
            "R--.R--.......5-|R------~3---7--~",
        ),
        turns=("R-------5--~7---",),
        gate=1.0,
        connects=False,
    ),
    "waltz": BassLine(
        ("R---............", "R---....5---....", "R---....b---...."),
        gate=0.9,
        meters={"3/4": ("R-------....|5-------....", "R-----......|5-----......", "R----.......|b----.......")},
    ),
    "shuffle": BassLine(
        ("R---R---5---5---", "R---3---5---6---", "R-R-3-3-5-5-6-6-", "R-3-5-6-8-6-5-3-", "R-R-5-5-6-6-5-5-"),
        turns=("R-3-5-6-R-5-a-a-", "8-7-6-5-R---a---"),
    ),
    "salsa tumbao": BassLine(
        ("---R--5----5--n-", "---5--8----5--n-", "---5--R--R-5--n-"),
        connects=False,
        gate=0.9,
    ),
    "power eighths": BassLine(
        ("R-R-R-R-R-R-R-R-", "RRR-RRR-RRR-RRR-", "R-R-R-R-R-R-R-R-"),
        turns=("R-R-R-R-R-R-5-a-", "R-R-R-R-7-7-5-a-"),
        lock=True,
        gate=0.85,
    ),
    "chip": BassLine(
        ("R-..R-..R-..R-..", "R.R.8.8.R.R.8.8.", "R.8.5.8.R.8.5.8.", "RR8.RR8.RR8.5.8.", "R-.R8.R.R-.R8.5."),
        turns=("R.8.5.8.7.5.3.a.",),
        gate=0.8,
    ),
}
