"""Whether a phrase says what a wording says, in any form: what is to stay unseen is not learned in another spelling.

"mirrorball" says "mirror-ball", "weepy" says "weeping", "a B.B. King solo" says "B.B. King style".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

LONGEST_RUN = 4
"""So many words may be written as one."""
_SMALL = frozenset(
    re.findall(
        r"\w+",
        "a an the to for of my at out up on in is and s like style type after through somebody everybody me get put as "
        "some",
    )
)
_NUMBERS = {"forty": "40", "one": "1", "two": "2", "three": "3"}
_ENDINGS = re.findall(  # the longest that fits comes first
    r"\w+", "ingly fully iness ings ness less ists ing ful ies ied ian ist ity ery ers est ed er es ly y e s"
)


def holds(phrase: str, wording: str) -> bool:
    """Whether all that a wording says stands in a phrase, in any form, or in one word ("mirrorball")."""
    said, words = plain(phrase), plain(wording)
    return "".join(words) in runs(said) or all(any(related(word, one) for one in said) for word in words)


def held_in(phrases: Iterable[str], wordings: Iterable[str]) -> list[tuple[str, str]]:
    """Every phrase with each wording that it holds. Related words share three letters, so only what begins alike is
    compared; wordings of small words alone ("up to me") say nothing and are in none."""
    alike: dict[str, set[str]] = {}
    for wording in wordings:
        if words := plain(wording):
            for letters in (words[0][:3], "".join(words)[:3]):
                alike.setdefault(letters, set()).add(wording)
    found: list[tuple[str, str]] = []
    for phrase in phrases:
        near = {wording for run in runs(plain(phrase)) for wording in alike.get(run[:3], ())}
        found += [(phrase, wording) for wording in sorted(near) if holds(phrase, wording)]
    return found


def related(one: str, other: str) -> bool:
    """Whether two words have a stem in common: "weepy" and "weeping", "rastafari" and "rastafarian"."""
    long = min(len(one), len(other)) >= 6 and (one.startswith(other) or other.startswith(one))
    return long or stem(one) == stem(other)


@lru_cache(maxsize=65_536)
def plain(text: str) -> tuple[str, ...]:
    """The words that say something."""
    words = re.sub(r"[^a-z0-9 ]", " ", text.lower().replace("'s", "").replace(".", "")).split()
    return tuple(_NUMBERS.get(word, word) for word in words if word not in _SMALL)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """A word without its ending, if three letters remain."""
    return next((word[: -len(end)] for end in _ENDINGS if word.endswith(end) and len(word) - len(end) >= 3), word)


def runs(said: tuple[str, ...]) -> set[str]:
    """Up to four words in a row, written as one."""
    last = len(said)
    return {"".join(said[i:j]) for i in range(last) for j in range(i + 1, min(last, i + LONGEST_RUN) + 1)}
