"""Keyword to caption: sentences for music of which only tags are known (Wu et al. 2022, arXiv 2211.06687).

The paper's sentences come from a T5 that was trained for this, or from a template; templates are what is here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

TEMPLATES = (
    "The sounds of {}.",
    "A recording of {}.",
    "This music has {}.",
    "One hears {}.",
    "Music described as {}.",
)


def keyword_caption(keywords: Sequence[str], form: int = 0) -> str:
    """A sentence that names all keywords in their order; `form` counts through the templates. Nothing for none."""
    words = [word.strip().replace("_", " ") for word in keywords if word.strip()]
    if not words:
        return ""
    listed = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    return TEMPLATES[form % len(TEMPLATES)].format(listed)


def keywords_of(labels: Mapping[str, Any]) -> list[str]:
    """What labels say in single words: their "tags", or else mood, style and instruments."""
    if labels.get("tags"):
        return [str(tag) for tag in labels["tags"]]
    single = [str(labels[name]) for name in ("mood", "style") if labels.get(name)]
    return [*single, *(str(name) for name in labels.get("instruments", ()))]
