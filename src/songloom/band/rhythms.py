"""Rhythm cells of melodies: one bar each, as text on a grid.

"x" begins a note, "-" holds it, "." rests. A bar of 4/4 has 16 signs, 3/4 has 12 (sixteenths); 6/8 has 12
(sixteenths, six to a beat). A family is a melodic manner; families without cells for a meter borrow another's.
"""

from __future__ import annotations

from songloom.band.piece import Meter

CELLS: dict[str, dict[str, tuple[str, ...]]] = {
    "lyrical": {
        "4/4": (
            "x-------x---x---", "x-----x-x---x---", "x---x---x-------", "x-------x-x-x-x-", "x-----x-x-------",
            "x---x-x-x-------", "x-----x-x-x-x---", "..x-x-x-x-------", "x---x---x-x-x---", "....x---x---x---",
        ),
        "3/4": ("x-------x---", "x---x---x---", "x-----x-x---", "x---x-x-x---", "x-----------", "x-x-x---x---"),
        "6/8": ("x---x-x-----", "x-----x---x-", "x-x-x-x-----", "x---x-x---x-", "x-----x-x-x-", "x-----------"),
    },
    "pop": {
        "4/4": (
            "x-x-x-x---x-x---", "..x-x-x-x---x---", "x--x--x-x---x---", "x-x---x-x-x-x---", "x---x-xx--x-x---",
            "..xx-x-xx-x-x...", "x--x--x---x-....", "....x-x-x-x-x---", "x-x-x---..x-x---", "xx-x-x-xx---....",
        ),
    },
    "anthem": {
        "4/4": (
            "x-----x-----x---", "x-----x-x-----x-", "x-------x-----x-", "x---x---x-------", "x-----x-----x-x-",
            "x-----------x-x-",
        ),
        "3/4": ("x-------x-x-", "x-----------", "x---x---x---"),
    },
    "folk": {
        "4/4": (
            "x-x-x-x-x---x---", "x---x-x-x-x-x---", "x-x-x---x-x-x---", "x--xx-x-x---x---", "x-x-x-x-x-x-x---",
            "x---x---x-x-x-x-",
        ),
        "3/4": ("x---x-x-x---", "x-x-x-x-x---", "x---x---x-x-", "x--xx---x---", "x-------x-x-"),
        "6/8": ("x-x-x-x---x-", "x---x-x---x-", "x-x-x-x-x-x-", "x---x-x-x-x-", "x-x-x-x-----"),
    },
    "swing": {
        "4/4": (
            "x-x-x-x-x---....", "..x-x-x-x-x-x---", "x---..x-x-x-x...", "x-x-x-x-x-x-x-x-", "....x-x-x-x-x-x-",
            "x-----x---x-....", "..x---x-x-x-x---", "x-x---x-..x-x-x-", "x---x-x-....x-x-",
        ),
        "3/4": ("x-x-x-x-x---", "..x-x-x-x-x-", "x---x-x-x-x-", "x-----x-x---"),
    },
    "latin": {
        "4/4": (
            "x--x--x-..x-x---", "..x-x--x--x-x---", "x---x--x--x-x---", "x--x--x---x-....", "..x--x--x-x-x---",
            "x-x--x--x---..x-",
        ),
    },
    "funk": {
        "4/4": (
            "x..x..x...x.x...", "..xx..x...xx.x..", "x.x..x.x....x.x.", "x..xx.x.........", "....x.xx..x.x...",
            "x.x...x.x.x.....",
        ),
    },
    "driving": {
        "4/4": (
            "x-x-x-x-x-x-x-x-", "x---x-x-x---x-x-", "x-x-x---x-x-x---", "x--x--x-x--x--x-", "x-xxx-x-x-xxx-x-",
            "x--x--x--x--x-x-",
        ),
        "3/4": ("x-x-x-x-x-x-", "x-xxx-x-x-x-"),
        "6/8": ("x-x-x-x-x-x-", "x---x-x-x-x-"),
    },
    "sixteenths": {
        "4/4": (
            "x-xxx-xxx-xxx---", "xxxxx-x-xxxxx-x-", "x-x-xxxxx-x-x---", "xxxxxxxxx---x---", "x--xx-x-xxxxx-x-",
            "x-xxx-x-x-xxx-x-",
        ),
        "3/4": ("xxxxx-x-x---", "x-xxx-xxx-x-", "x-x-xxxxx---"),
        "6/8": ("xxxxxxx-x-x-", "x-x-xxx-x-x-"),
    },
    "sparse": {
        "4/4": (
            "x---------------", "x-------x-------", "....x-----------", "x-----------x---", "........x-------",
            "x-----x---------",
        ),
        "3/4": ("x-----------", "x-------x---", "....x-------"),
        "6/8": ("x-----------", "x-----x-----"),
    },
    "hook": {
        "4/4": (
            "x--x--x--x--x-x-", "x--x--x-x--x--x-", "x-x--x-x--x-x---", "x---x--x--x-x---", "..x--x--x-x--x--",
            "x-x-xx-x.xx-x---", "x--x-x--x--x-x--",
        ),
    },
    "chorale": {
        "4/4": ("x---x---x---x---", "x-------x---x---", "x---x---x-------", "x-----x-x---x---"),
        "3/4": ("x---x---x---", "x-------x---", "x---x-x-x---"),
    },
    "figuration": {
        "4/4": ("x-x-x-x-x-x-x-x-", "xxxxxxxxxxxxxxxx", "x-xxx-xxx-xxx-xx"),
        "3/4": ("x-x-x-x-x-x-", "xxxxxxxxxxxx"),
        "6/8": ("x-x-x-x-x-x-", "xxxxxxxxxxxx"),
    },
    "jig": {
        "4/4": ("x-x-x-x-x-x-x-x-", "x-xxx-x-x-x-x-x-", "x-x-x-xxx-x-x---", "x--xx-x-x-x-x-x-"),
        "3/4": ("x-x-x-x-x-x-", "x---x-x-x-x-"),
        "6/8": ("x-x-x-x-x-x-", "x---x-x-x-x-", "x-x-x-x---x-", "xxx-x-x-x-x-"),
    },
    "triplet flow": {
        "4/4": ("x---x-x-x-------", "x-x-x-..x-x-x-..", "x-----x-x-..x-..", "..x-x-x-x-......", "x--x--x-........"),
    },
}  # fmt: skip

CADENCES: dict[str, tuple[str, ...]] = {
    "4/4": ("x---------......", "x-x-x-----------", "x---x-------....", "x-x-x-x-x-------", "x---x---x-------"),
    "3/4": ("x-----------", "x-x-x-------", "x---x-------", "x-------...."),
    "6/8": ("x-----------", "x---x-x-----", "x-x-x-x-----", "x-x-x---...."),
}

_BORROWED = {
    "pop": "lyrical",
    "anthem": "lyrical",
    "latin": "lyrical",
    "hook": "folk",
    "triplet flow": "lyrical",
    "chorale": "lyrical",
}


def cells(family: str, meter: Meter) -> tuple[str, ...]:
    """The family's bars for this meter, or those of the family that it borrows from."""
    if family not in CELLS:
        raise ValueError(f"rhythm family {family!r} is not one of {', '.join(CELLS)}")
    own = CELLS[family].get(meter.name)
    return own if own is not None else CELLS[_BORROWED.get(family, "driving")][meter.name]


def onsets(cell: str, meter: Meter) -> tuple[tuple[float, float], ...]:
    """(start, length) in beats of each note of a one-bar cell."""
    step = meter.beats / len(cell)
    found = []
    for place, sign in enumerate(cell):
        if sign == "x":
            held = len(cell) - place - 1 - len(cell[place + 1 :].lstrip("-"))
            found.append((place * step, (1 + held) * step))
    return tuple(found)
