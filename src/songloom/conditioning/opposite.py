"""The opposite of what is asked for: what a generator is led away from where its habits are stronger than words.

A style that lives by its drums has them in nearly all pieces that a model learns from, so it drums on when it is asked
not to. Its own music under the same words, but with drums, tells which way that habit pulls.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from torch import Tensor

from songloom.conditioning.attributes import Vocabulary
from songloom.conditioning.told import Told


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
