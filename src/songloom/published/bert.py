"""BERT and RoBERTa in Hugging Face's layout, as the text half of larger files."""

from __future__ import annotations

import re
from collections.abc import Iterable

from torch import Tensor

from songloom.published.keys import Rule, joined

LAYER = r"encoder\.layer\.(\d+)\."
PLACES = {
    r"attention\.output\.dense": "out",
    r"attention\.output\.LayerNorm": "attention_norm",
    r"intermediate\.dense": "expand",
    r"output\.dense": "contract",
    r"output\.LayerNorm": "hidden_norm",
}


def rules(theirs: str, ours: str) -> list[Rule]:
    """From names that begin with the pattern `theirs` to those of `layers.text_towers.Bert` after `ours`. Queries, keys
    and values must be `joined_heads` already; the pooler is left to others."""
    return [
        (theirs + r"embeddings\.word_embeddings\.weight", f"{ours}tokens"),
        (theirs + r"embeddings\.position_embeddings\.weight", f"{ours}positions"),
        (theirs + r"embeddings\.token_type_embeddings\.weight", f"{ours}segment"),
        (theirs + r"embeddings\.LayerNorm\.(.+)", rf"{ours}norm.\1"),
        (theirs + r"embeddings\.(?:position_ids|token_type_ids)", None),
        (theirs + LAYER + r"qkv\.(.+)", rf"{ours}layers.\1.qkv.\2"),
        *((theirs + LAYER + place + r"\.(.+)", rf"{ours}layers.\1.{name}.\2") for place, name in PLACES.items()),
    ]


def joined_heads(tensors: dict[str, Tensor], theirs: str, source: str) -> None:
    """Puts queries, keys and values of each layer under the pattern `theirs` into one."""
    for kind in ("weight", "bias"):
        pattern = rf"(?P<before>{theirs}encoder\.layer\.\d+\.)attention\.self\.(?P<part>query|key|value)\.{kind}"
        joined(tensors, pattern, ("query", "key", "value"), rf"\g<before>qkv.{kind}", source=source)


def fitted(tensors: dict[str, Tensor], ours: str, *, first: int) -> None:
    """Positions count from `first` on, and every text is of segment 0."""
    if f"{ours}positions" in tensors:
        tensors[f"{ours}positions"] = tensors[f"{ours}positions"][first:]
    if f"{ours}segment" in tensors:
        tensors[f"{ours}segment"] = tensors[f"{ours}segment"][0]


def layers(names: Iterable[str], pattern: str) -> int:
    """1 more than the largest number that `pattern` finds at the beginning of names; 0 for none."""
    return max((int(found[1]) + 1 for name in names if (found := re.match(pattern, name))), default=0)
