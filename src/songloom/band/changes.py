"""The chord progression as a line in time: which chord sounds when, and which comes next."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from songloom.band.piece import Chord

_ROUNDING = 1e-6


class Changes:
    """Chords in order of start, looked up by time in beats."""

    def __init__(self, chords: Sequence[Chord]) -> None:
        if not chords:
            raise ValueError("a progression needs at least one chord")
        self.chords = sorted(chords, key=lambda chord: chord.start)
        self._starts = [chord.start for chord in self.chords]

    def index(self, time: float) -> int:
        return max(0, bisect_right(self._starts, time + _ROUNDING) - 1)

    def at(self, time: float) -> Chord:
        """The chord that sounds at `time`, the first before the progression begins."""
        return self.chords[self.index(time)]

    def after(self, time: float) -> Chord:
        """The chord that follows the one at `time`, the last for ever."""
        return self.chords[min(self.index(time) + 1, len(self.chords) - 1)]

    def nears(self, time: float) -> bool:
        """Whether another chord comes within a beat."""
        return self.after(time) is not self.at(time) and self.end(time) <= time + 1.0 + _ROUNDING

    def end(self, time: float) -> float:
        """Where the chord at `time` gives way to the next; the end of its length for the last."""
        i = self.index(time)
        return self._starts[i + 1] if i + 1 < len(self._starts) else self.chords[i].start + self.chords[i].length
