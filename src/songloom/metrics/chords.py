"""Chords that were asked for against chords that are heard: for how much of the time the triads are the same."""

from __future__ import annotations

import re
from collections.abc import Sequence

from songloom.audio.features.chords import NO_CHORD, Segment
from songloom.conditioning.notes import pitch_class

Triad = tuple[int, bool]
"""Root 0..11 from C, and whether minor."""
_SYMBOL = re.compile(r"([A-G][#b]?)([^/]*)(?:/[A-G][#b]?)?")
_NEITHER = re.compile(r"dim7?|aug|7?sus[24]|5|m7b5")
_MINOR = re.compile(r"m(6|7|9|11|\((maj7|add9)\))?")
_MAJOR = re.compile(r"|(maj)?(6|7|9|13)|maj|add9|7[b#]9")


def triad(symbol: str) -> Triad | None:
    """The major or minor triad within a chord: "Am7/G" -> (9, True); None for N and for chords that are neither
    (suspended, diminished, augmented, fifths alone). Raises ValueError for what is no chord."""
    if symbol == NO_CHORD:
        return None
    match = _SYMBOL.fullmatch(symbol)
    root, kind = (match[1], match[2]) if match else ("", "?")
    if _NEITHER.fullmatch(kind):
        return None
    if not (_MINOR.fullmatch(kind) or _MAJOR.fullmatch(kind)):
        raise ValueError(f"chord {symbol!r} is not known; write it as in Am7, F#, Bbmaj7, C7/E or N")
    return pitch_class(root), bool(_MINOR.fullmatch(kind))


def chord_recall(asked: Sequence[Segment], heard: Sequence[Segment], *, roots_only: bool = False) -> float | None:
    """The share of the time of asked major and minor chords in which the same triad (or root) is heard: weighted chord
    symbol recall (MIREX "MajMin" and "Root"). What is asked beyond the end of what is heard counts as missed; None
    where no such chord is asked."""
    met = total = 0.0
    for start, end, symbol in asked:
        wanted = triad(symbol)
        if wanted is None:
            continue
        total += end - start
        for begin, stop, name in heard:
            found = triad(name)
            same = found is not None and (found[0] == wanted[0] if roots_only else found == wanted)
            met += max(0.0, min(end, stop) - max(start, begin)) if same else 0.0
    return met / total if total > 0 else None
