"""Story mode: which words are to be heard from which second on."""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple


class Section(NamedTuple):
    """`prompt` holds from `start` (seconds) until the next section begins."""

    start: float
    prompt: str


def sections_of(prompt: str, story: tuple[tuple[float, str], ...]) -> tuple[Section, ...]:
    """The sections of a piece, the first at 0: what `prompt` says holds throughout, the story's words follow it."""
    told = [
        Section(start, ", ".join(part for part in (prompt.strip(), words.strip()) if part)) for start, words in story
    ]
    if not told or told[0].start > 0:
        told.insert(0, Section(0.0, prompt))
    return tuple(told)


def checked_story(story: object, prompt: str) -> tuple[tuple[float, str], ...]:
    """A story in order, as tuples. Raises ValueError for what is none, and for one that begins late when there is no
    prompt for what comes before."""
    if not isinstance(story, list | tuple):
        raise ValueError(f"story must be pairs of seconds and words, not {story!r}")
    found = sorted((_section(section) for section in story), key=lambda section: section[0])
    starts = [start for start, _ in found]
    for before, after in itertools.pairwise(starts):
        if before == after:
            raise ValueError(f"story has two sections at {after:g} s")
    if found and starts[0] > 0 and not prompt.strip():
        raise ValueError(
            f"the story begins at {starts[0]:g} s; a prompt, or a section at 0, must say what comes before"
        )
    return tuple(found)


def checked_text(name: str, text: object) -> str:
    """Raises ValueError for what is no text, and for halves of letters: bytes of a terminal that are not UTF-8."""
    if not isinstance(text, str):
        raise ValueError(f"{name} must be text, not {type(text).__name__}")
    half = next((letter for letter in text if "\ud800" <= letter <= "\udfff"), None)
    if half is not None:
        raise ValueError(f"{name} holds {half!a}, which is no letter: text is UTF-8")
    return text


def _section(section: object) -> tuple[float, str]:
    if not isinstance(section, list | tuple) or len(section) != 2:
        raise ValueError(f"story must be pairs of seconds and words, not {section!r}")
    start, words = section
    if isinstance(start, bool) or not isinstance(start, int | float) or not 0 <= start < math.inf:
        raise ValueError(f"a section of the story begins at 0 or more seconds, not {start!r}")
    if not isinstance(words, str) or not words.strip():
        raise ValueError(f"a section of the story is words, not {words!r}")
    return float(start), checked_text("a section of the story", words)
