"""What a batch's music is called: its captions, or in their place words for its labels, and which texts hold for which.

A caption belongs to its clip alone; words for a style, a mood or an instrument hold for every clip that has it, and a
contrast must not push those away.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from songloom.bottlenecks.processes import told
from songloom.conditioning import glossary
from songloom.data.batch import Batch

Asked = Mapping[str, Any]
"""What a text says, by the names of labels; empty for a caption, which says more than is known."""
NOTHING: Asked = {}
ASKED = ("style", "mood", "instruments", "families", "drums")
"""The labels that a text may ask for."""


def worded(batch: Batch, share: float) -> tuple[list[str], Tensor]:
    """A text for each clip, of a random part `share` words for its labels, and where text j (column) holds for clip i
    (row), [B, B] bool, of the B clips of all processes. Drawn by torch's global generator."""
    rng = random.Random(int(torch.randint(2**31, ())))
    texts, asked = list(batch.texts), [NOTHING] * len(batch.texts)
    for place, labels in enumerate(batch.labels):
        if rng.random() < share and (words := label_words(labels, rng)):
            texts[place], asked[place] = words
    return texts, matches(batch, texts, asked)


def matches(batch: Batch, texts: list[str], asked: list[Asked]) -> Tensor:
    """[B, B] bool: whether text j holds for clip i, by the clip's id, an equal text, or what the text asks; of the B
    clips and texts of all processes."""
    device = batch.mask.device
    known = [{name: labels[name] for name in ASKED if name in labels} for labels in batch.labels]
    every = told(list(zip(batch.ids, texts, asked, known, strict=True)), device)
    ids, words, wanted, labels = map(list, zip(*every, strict=True))
    found = _equal(ids) | _equal(words)
    rows: dict[str, Tensor] = {}
    for column, one in enumerate(wanted):
        if one and str(one) not in rows:
            rows[str(one)] = torch.tensor([holds(one, these) for these in labels])
        if one:
            found[:, column] |= rows[str(one)]
    return found.to(device)


def _equal(names: list[str]) -> Tensor:
    """Where name i equals name j, [B, B] bool."""
    numbers: dict[str, int] = {}
    order = torch.tensor([numbers.setdefault(name, len(numbers)) for name in names])
    return order[:, None] == order


def holds(asked: Asked, labels: Mapping[str, Any]) -> bool:
    """Whether labels say all that is asked: a value that is equal to theirs, or among theirs."""
    return all(
        value in labels.get(name, ()) if name in ("instruments", "families") else labels.get(name) == value
        for name, value in asked.items()
    )


def label_words(labels: Mapping[str, Any], rng: random.Random) -> tuple[str, Asked] | None:
    """One or two labels in words, as "smoky bar, upright bass", and what they ask; None for a clip without labels."""
    known: list[tuple[str, str, Any]] = []
    for name, phrases in (("style", glossary.STYLES), ("mood", glossary.MOODS)):
        if value := labels.get(name):
            known.append((rng.choice((str(value), *phrases.get(str(value), ()))), name, value))
    for name in ("instruments", "families"):
        if values := labels.get(name):
            value = rng.choice(list(values))
            known.append((str(value), name, value))
    if labels.get("drums") is False:
        known.append(("no drums", "drums", False))
    if not known:
        return None
    chosen = rng.sample(known, rng.randint(1, min(2, len(known))))
    return ", ".join(text for text, _, _ in chosen), {name: value for _, name, value in chosen}
