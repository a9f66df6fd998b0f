"""Pieces as somebody else would ask for them: in other words, or without their drums.

A generator that learns by what is heard in its own music needs no recording of what it is asked for. So it may be asked
in words that no caption has, and for what few pieces are: one in eight of styles with drums plays without them, and
from so few a small model does not learn what "no drums" means.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from songloom.band.sounds import BEATEN, SOUNDS
from songloom.conditioning.phrasings import ABSENCES, worded
from songloom.conditioning.prompt_parser import drums_of, families_of
from songloom.data.batch import Batch

_SAID = (*ABSENCES, "no percussion", "no beat", "no drums at all")
_FAMILIES = {sound.words[0]: sound.family for sound in SOUNDS.values()}


@dataclass(frozen=True, kw_only=True)
class Otherwise:
    """The part of all pieces that is asked for in words of the glossary, and the part of those with drums that is asked
    for without them."""

    worded: float = 0.0
    undrummed: float = 0.0

    def __post_init__(self) -> None:
        for name in ("worded", "undrummed"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name):g}; it must be between 0 and 1")

    def __call__(self, batch: Batch) -> Batch:
        """The batch with other texts, and labels that say what they ask for; drawn by torch's global generator."""
        if not (self.worded or self.undrummed):
            return batch
        rng = random.Random(int(torch.randint(2**62, ())))
        asked = [self._asked(*one, rng) for one in zip(batch.texts, batch.labels, strict=True)]
        return replace(batch, texts=tuple(text for text, _ in asked), labels=tuple(labels for _, labels in asked))

    def _asked(self, text: str, labels: Mapping[str, Any], rng: random.Random) -> tuple[str, Mapping[str, Any]]:
        reworded, without = rng.random() < self.worded, rng.random() < self.undrummed and bool(labels.get("drums"))
        meant = undrummed(labels) if without else labels
        drummed = drums_of(text) is not None or bool(BEATEN & families_of(text))
        if reworded or (without and drummed):
            found = worded(meant, rng)
            if found is None:  # no other words are known
                return text, labels
            text = found[0]
        if without and drums_of(text) is None:
            text = rng.choice(("{0}, {1}", "{1}, {0}")).format(text, rng.choice(_SAID))
        return text, meant


def undrummed(labels: Mapping[str, Any]) -> dict[str, Any]:
    """What is true of a piece when nothing drums in it."""
    players, families = labels.get("instruments") or (), labels.get("families") or ()
    return {
        **labels,
        "drums": False,
        "instruments": [name for name in players if _FAMILIES.get(name) not in BEATEN],
        "families": [name for name in families if name not in BEATEN],
    }
