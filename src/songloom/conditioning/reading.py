"""A prompt read as a whole and clause by clause.

A sentence embedding of a long prompt is mostly about its sentence. Where the whole is vague, one clause often is not
("very smoky bar"): for style and mood each name's chance is the mean of the whole's and of the surest clause's.
"""

from __future__ import annotations

import re

import torch
from torch import Tensor

from songloom.conditioning.attributes import AttributeReader
from songloom.conditioning.text import minilm

CLAUSES = 12
"""No more of a prompt's clauses are read."""
_BORDER = re.compile(r"[,.;:!?]|\band\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{3}")


@torch.no_grad()
def read(reader: AttributeReader, prompt: str, length: int) -> Tensor:
    """The chances [size of the vocabulary] of styles, moods and families in a prompt of which `length` tokens count."""
    texts = [prompt, *clauses(prompt)]
    pooled = minilm().embed(texts, length).pooled.to(reader.centre.device)
    answers = reader(pooled)
    chances = [_together(answers.style.softmax(-1)), _together(answers.mood.softmax(-1))]
    return torch.cat([*chances, answers.families[0].sigmoid()])


def style_in(reader: AttributeReader, prompt: str, length: int) -> str:
    """The style that is read in a prompt."""
    styles = reader.vocabulary.styles
    return styles[int(read(reader, prompt, length)[: len(styles)].argmax())]


def clauses(prompt: str) -> list[str]:
    """The parts between commas, stops and "and" that hold a word and no number (tempo and key are read elsewhere);
    none for a prompt of one clause."""
    parts = [part.strip() for part in _BORDER.split(prompt)]
    if sum(bool(part) for part in parts) < 2:
        return []
    return [part for part in parts if _WORD.search(part) and not re.search(r"\d", part)][:CLAUSES]


def _together(chances: Tensor) -> Tensor:
    """[1 + clauses, N] -> [N]: the whole's and the clauses' highest, as chances again."""
    if len(chances) == 1:
        return chances[0]
    highest = chances[1:].max(0).values
    both = chances[0] + highest / highest.sum()
    return both / both.sum()
