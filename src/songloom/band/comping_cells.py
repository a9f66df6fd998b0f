"""Accompaniment figures as step strings.

"x" "X" "o" strike the chord plainly, accented, softly; "D" "U" "M" strum down, up, muted; "B" is the bass note
alone, "b" its fifth, "C" the chord without bass, "P" both; "1" to "8" are single voices from the lowest, going on
an octave higher; "A" strikes the next chord ahead of time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """`cells` from calm to full; `turns` replace the last bar of a section; `count` voices; `bass` puts the
    chord's bass note an octave below them; `gate` is the sounding share of a written length; `rings` lets single
    voices sound through the chord; `spread` is the time between strings in beats; `power` plays root, fifth and
    octave; `top` limits how far above the low end the voices reach (semitones)."""

    cells: tuple[str, ...]
    turns: tuple[str, ...] = ()
    count: int = 4
    bass: bool = False
    gate: float = 0.95
    rings: bool = False
    spread: float = 0.0
    power: bool = False
    top: int = 127
    loudness: int = 0
    three: tuple[int, int, int] = (0, 1, 2)
    two: tuple[int, int] = (0, 2)
    meters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_KEYS = {
    "block": Figure(
        ("x---------------", "x-------x-------", "x---x---x---x---", "X-x-x-x-X-x-x-x-"), turns=("x-------x---x---",)
    ),
    "whole notes": Figure(("x---------------",)),
    "ballad piano": Figure(
        ("P---------------", "P-------C-------", "P---C---B---C---", "P-2-C-2-B-2-C-2-", "P-C-C-C-P-C-C-C-"),
        turns=("P---C---C-3-2-1-", "P-1-2-3-4-3-2-1-"),
        count=3,
        bass=True,
        meters={"3/4": ("P-----------", "P---C---C---", "P-2-C-2-C-2-")},
    ),
    "alberti": Figure(
        ("1---3---2---3---", "1-3-2-3-1-3-2-3-", "1-3-2-3-1-3-2-3-", "1323132313231323"),
        count=3,
        gate=1.0,
        meters={"3/4": ("1-3-2-3-2-3-", "1-2-3-2-3-2-"), "6/8": ("1-2-3-1-2-3-", "1-3-2-1-3-2-")},
    ),
    "broken": Figure(
        ("B---1---2---3---", "B-1-2-3-2-1-2-1-", "B-1-2-3-4-3-2-1-", "B-1-3-2-4-3-2-1-"),
        turns=("B-1-2-3-4-5-6---",),
        count=3,
        bass=True,
        rings=True,
    ),
    "stride": Figure(
        ("B-------C-------", "B---C---b---C---", "B---C---b---C-C-"),
        turns=("B---C---b---C-A-",),
        count=4,
        bass=True,
        gate=0.7,
        meters={"3/4": ("B---C---C---", "B---C---C-C-"), "6/8": ("B---C-b---C-", "B-C-C-b-C-C-")},
    ),
    "jazz comp": Figure(
        (
            "x---------------|......x---......",
            "x--...x-........|........x-....A-",
            "x--...x-........|......x---......|..x-....x---....|......x-......A-",
            "......x-......x-|....x-....x-....|x--...x-..x-....|......x-....x-A-",
            "x-....X-....x-..|..x-..X-......A-|....X-....x-X-..|x--...x-..X---A-",
        ),
        count=4,
        gate=0.8,
    ),
    "hymn": Figure(
        ("P-------P-------", "P---P---P-------", "P---P---P---P---"),
        turns=("P---P---P-------",),
        count=3,
        bass=True,
        gate=0.98,
        meters={"3/4": ("P-------P---", "P---P---P---"), "6/8": ("P---P-P-----",)},
    ),
    "bubble organ": Figure(
        ("..x...x...x...x.", "..xo..xo..xo..xo", ".oxo.oxo.oxo.oxo", "1.xo2.xo1.xo2.xo"),
        count=3,
        gate=0.6,
    ),
    "montuno": Figure(
        (
            "P.C.C1.C.1.C.1.C",
            "P.3.C1.P.1.P.1.P",
            "P3P13P13P13P13PA",
        ),
        count=3,
        bass=True,
        gate=0.75,
    ),
    "waltz": Figure(
        ("B---C---C---C---", "B---C---b---C---"),
        count=3,
        bass=True,
        gate=0.75,
        meters={
            "3/4": ("B-----------", "B---C---C---", "B---C---C---|b---C---C---", "B---C---C-C-"),
            "6/8": ("B---C-b---C-", "B-C-C-b-C-C-"),
        },
    ),
}

_GUITARS = {
    "strum": Figure(
        ("D---------------", "D-------D---D---", "D---D-U-..U-D-U-", "D---D-UD.UD-D-U-", "D-DUD-DUD-DUD-DU"),
        turns=("D---D-U-D-U-D-U-", "D-------D-D-D-DU"),
        count=4,
        bass=True,
        spread=0.012,
        meters={
            "3/4": ("D-----------", "D---D---D---", "D---D-U-D-U-"),
            "6/8": ("D-----D-----", "D-D-U-D-D-U-", "D-U-D-D-U-DU"),
        },
    ),
    "strum sixteenth": Figure(
        ("D---D---D---D---", "D--UD-DUD--UD-DU", "D-DU-UDUD-DU-UDU", "DUDUDUDUDUDUDUDU"),
        turns=("D-DUD-DUDUDUDUDU",),
        count=4,
        bass=True,
        spread=0.009,
    ),
    "fingerpicked": Figure(
        ("B---2---3---2---", "B-2-3-4-3-2-3-2-", "B-2-4-3-b-2-4-3-", "B-234-3-b-234-3-"),
        turns=("B-2-3-4-P-------",),
        count=4,
        bass=True,
        rings=True,
    ),
    "travis": Figure(
        ("B---b---B---b---", "P-..b-3-B-4-b-..", "P-3-b-4-B-3-b-4-", "P--3b-4-B--3b-4-"),
        turns=("P-3-b-4-B-3-P---",),
        count=4,
        bass=True,
        rings=True,
        meters={"3/4": ("B---b---b---", "P-3-b-4-b-3-"), "6/8": ("B---3-b---4-", "P-3-4-b-3-4-")},
    ),
    "freddie green": Figure(("o--.x--.o--.x--.",), count=3, gate=0.7, spread=0.006, top=22),
    "bossa guitar": Figure(
        (
            "P-------B---C---",
            "P---C-..B-C-....|..C-..C-B---C-..",
            "P-..C-..B-C-..C-|..C-..C-B-..C-..",
            "P-C-..C-B-C-..A-|..C-..C-B-C-..A-",
        ),
        count=4,
        bass=True,
        gate=0.85,
        spread=0.004,
        meters={"3/4": ("P---C-..C-..", "P-..C-..C-C-"), "6/8": ("P---C-B---C-",)},
    ),
    "skank": Figure(
        ("..X...X...X...X.", "..X...X...X...X.", "..X...X...X...XU", "..XU..X...XU..X."),
        turns=("..X...X...XU..XU",),
        count=3,
        gate=0.7,
        spread=0.005,
    ),
    "funk guitar": Figure(
        (
            "....M.D.......M.",
            "M.M.D.MUM.M.D.MU",
            "D.MMM.DM.UM.D.MM",
            "DMMUMMDMMUMMDMMU",
            "M.MUD.MU.UMUD.MM|DMMU.MDMMUM.DUMU",
        ),
        turns=("D..D..D.M.MUD.D.",),
        count=3,
        gate=0.65,
        spread=0.004,
    ),
    "power chords": Figure(
        ("X---------------", "X-------X-------", "X-----x-X-------", "X--x--x-X--x--x-", "X--x--X---x-X-x-"),
        turns=("X-------X---X-X-",),
        count=3,
        power=True,
        gate=0.96,
        top=24,
    ),
    "palm mute": Figure(
        ("X---------------", "Xoo.ooo.Xoo.ooo.", "X.ooX.ooX.ooX-..", "XooXooXooXooX-X-", "XoooXoooXoooX-X-"),
        turns=("X--X--X--X--X-X-",),
        count=3,
        power=True,
        gate=0.6,
        top=24,
    ),
    "punk eighths": Figure(
        ("X-x-x-x-X-x-x-x-",), turns=("X-x-x-x-X-X-X-X-", "X---X---X-X-X-X-"), count=3, power=True, gate=0.9, top=24
    ),
}

_BANDS = {
    "horn hits": Figure(
        (
            "X...............",
            "......X-........|X.............X-",
            "X.....X-........|..........X.X---",
            "X..X..X-....X...|......X-..X.X-..",
        ),
        turns=("X..X..X---------", "X-x-x-X-..X-X---"),
        count=4,
        gate=0.75,
        loudness=6,
    ),
    "quartet inner": Figure(
        ("x---------------", "x-------x-------", "x---x---x---x---", "x-x-x-x-x-x-x-x-"),
        turns=("x-------x---x---",),
        count=2,
        gate=0.97,
    ),
    "tremolo": Figure(("oxoxoxoxoxoxoxox", "xoxoxoxoxoxoxoxo", "xxxxxxxxxxxxxxxx"), count=3, gate=1.0),
}

_MACHINES = {
    "stabs": Figure(
        ("X...............|......X.........", "X..X..X.........", "...X..X....X..X.", "X..X..X...X..X.."),
        turns=("X..X..X..X..X.X.",),
        count=4,
        gate=0.8,
    ),
    "house chords": Figure(
        (
            "x-----------....|......x---------",
            "..x-..x-..x-..x-",
            "x-.x-.x-..x-.x-.",
            "..x..x....x..x.x",
            "x..x..x-..x..x-.",
        ),
        turns=("x..x..x..x..x.x.",),
        count=4,
        gate=0.7,
    ),
    "supersaw chords": Figure(
        ("x---------------", "X-----X-----X---", "X--X--X--X--X-X-", "X-x-x-x-X-x-x-x-"),
        turns=("X--X--X--X--XxXx",),
        count=5,
        gate=0.92,
    ),
    "trance gate": Figure(
        ("x-x-x-x-x-x-x-x-", "x.xx.xx.x.xx.xx.", "x.xxx.xxx.xx.xxx", "xxx.xxx.xx.xxx.x"),
        turns=("xxxxxxxxxxxxxxxx",),
        count=4,
        gate=0.6,
    ),
    "arpeggio up": Figure(
        ("1---2---3---4---", "1-2-3-4-1-2-3-4-", "1-2-3-4-5-6-7-8-"),
        turns=("1-2-3-4-5-6-7-8-",),
        count=4,
        gate=0.9,
        meters={"6/8": ("1-2-3-2-3-4-", "1-2-3-4-5-6-"), "3/4": ("1-2-3-4-5-6-", "1-2-3-4-3-2-")},
    ),
    "arpeggio updown": Figure(
        ("1---2---3---2---", "1-2-3-4-5-4-3-2-", "1-2-3-5-4-5-3-2-"),
        turns=("1-2-3-4-5-6-7-8-",),
        count=4,
        gate=0.9,
        meters={"6/8": ("1-2-3-4-3-2-",), "3/4": ("1-2-3-4-3-2-", "1-2-3-5-4-2-")},
    ),
    "arpeggio sixteenth": Figure(
        ("1-2-3-4-1-2-3-4-", "1234123412341234", "1234321412343215", "1357135724682468", "1325142313251427"),
        turns=("1234234534564567",),
        count=4,
        gate=0.75,
    ),
    "plucks": Figure(
        ("1.....3.....2...", "1..3..2.1..4..2.", "1..2..4..3..2.4.", "1.23.14.2.31.24.", "1.43.2.41.43.2.5"),
        turns=("1..3..5..4..3.2.",),
        count=4,
        gate=0.6,
    ),
}

CELLS: dict[str, Figure] = {**_KEYS, **_GUITARS, **_BANDS, **_MACHINES}
