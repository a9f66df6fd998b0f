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

from songloom.conditioning import glossary
from songloom.data.batch import Batch

Asked = Mapping[str, Any]
"""What a text says, by the names of labels; empty for a caption, which says more than is known."""
NOTHING: Asked = {}


def worded(batch: Batch, share: float) -> tuple[list[str], Tensor]:
    """A text for each of B clips, of a random part `share` words for its labels, and where text j (column) holds for
    clip i (row), [B, B] bool. Drawn by torch's global generator."""
    rng = random.Random(int(torch.randint(2**31, ())))
    texts, asked = list(batch.texts), [NOTHING] * len(batch.texts)
    for place, labels in enumerate(batch.labels):
        if rng.random() < share and (words := label_words(labels, rng)):
            texts[place], asked[place] = words
    return texts, matches(batch, texts, asked)


def matches(batch: Batch, texts: list[str], asked: list[Asked]) -> Tensor:
    """[B, B] bool: whether text j holds for clip i, by the clip's id, an equal text, or what the text asks."""
    count = range(len(texts))
    same = [[batch.ids[i] == batch.ids[j] or texts[i] == texts[j] for j in count] for i in count]
    said = [[bool(asked[j]) and holds(asked[j], batch.labels[i]) for j in count] for i in count]
    return (torch.tensor(same) | torch.tensor(said)).to(batch.mask.device)


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
