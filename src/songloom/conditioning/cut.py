"""Which texts are too long for what reads them: every reader takes so many tokens of a text and leaves the rest."""

from __future__ import annotations

from typing import NamedTuple

from torch import nn

from songloom.conditioning.conditioners import TextConditioner
from songloom.conditioning.text import minilm
from songloom.conditioning.text_encoders import TextEncoder


class Cut(NamedTuple):
    """How many tokens a text has and how many of them are read, marks included."""

    tokens: int
    read: int


def cut(model: nn.Module, text: str) -> Cut | None:
    """How a text is cut by what reads the least of it in a model; None where all of it is read."""
    if not text.strip():
        return None
    found = [
        Cut(minilm().count(text), part.length)
        if isinstance(part, TextConditioner)
        else Cut(part.count(text), part.longest)
        for part in model.modules()
        if isinstance(part, TextConditioner | TextEncoder)
    ]
    return min((one for one in found if one.tokens > one.read), key=lambda one: one.read / one.tokens, default=None)
