"""The opposite of what is asked for: what a generator is led away from where its habits are stronger than words.

A style that lives by its drums has them in nearly all pieces that a model learns from, so it drums on when it is asked
not to; and a mood, which changes a little of much, is lost behind its style. The same pieces with drums, or in any mood
but theirs, tell which way those habits pull.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast

from torch import Tensor

from songloom.conditioning.attributes import Vocabulary
from songloom.conditioning.told import Told


@dataclass(frozen=True, kw_only=True)
class Away:
    """How far a generator is led away from `drums` where they are ruled out, and from all moods but the one that is
    told, as parts of the difference that they make."""

    drums: float = 0.0
    mood: float = 0.0

    def __post_init__(self) -> None:
        for name in ("drums", "mood"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"away.{name} is {getattr(self, name):g}; it must be at least 0")

    def __bool__(self) -> bool:
        return self.drums > 0 or self.mood > 0

    def opposites(self, told: Told, vocabulary: Vocabulary) -> Iterator[tuple[Told, Tensor]]:
        """What else is told of the same B pieces, and how far to go away from that [B]."""
        if self.drums:
            other, ruled_out = drummed(told, vocabulary)
            yield other, self.drums * ruled_out
        if self.mood:
            yield otherwise_minded(told, vocabulary), self.mood * ~told.hidden


def drummed(told: Told, vocabulary: Vocabulary) -> tuple[Told, Tensor]:
    """The same B pieces with drums wherever they are ruled out, as known and as read, and which [B] those are."""
    ruled_out = told.known.drums == 0
    known = replace(told.known, drums=told.known.drums.masked_fill(ruled_out, 1))
    if "drums" not in vocabulary.families:
        return replace(told, known=known), ruled_out
    read = cast(Tensor, told.read).clone()
    drums = vocabulary.size - len(vocabulary.families) + vocabulary.families.index("drums")
    read[:, drums] = read[:, drums].masked_fill(ruled_out, 1.0)
    return replace(told, known=known, read=read), ruled_out


def otherwise_minded(told: Told, vocabulary: Vocabulary) -> Told:
    """The same B pieces in any mood but the one that is read: each as likely as that it is not this one. Where no mood
    leads, that is much the same."""
    first, count = len(vocabulary.styles), len(vocabulary.moods)
    read = cast(Tensor, told.read).clone()
    read[:, first : first + count] = (1 - read[:, first : first + count]) / max(1, count - 1)
    return replace(told, read=read)
