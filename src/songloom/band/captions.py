"""Captions of a piece: many wordings of what is truly there, from bare tags to a paragraph.

`held_out_prompts` writes from words and sentences that no caption uses, to measure understanding.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Mapping, Sequence

from songloom.band import phrases
from songloom.band.facts import Facts
from songloom.band.piece import Piece
from songloom.data.manifest import Caption

COUNTS = {"tags": 2, "phrase": 2, "sentence": 2, "paragraph": 1, "plain": 2}

_ARTICLE = re.compile(r"\b([Aa])\(n\) (\S)(\S*)")
_LIKE_A_CONSONANT = ("eu", "uni", "use", "one", "u-")
_LIKE_A_VOWEL = ("8", "11", "18", "r&b")
_USED_ONCE = (
    "tempo",
    "key",
    "instruments",
    "lead",
    "bass",
    "drums",
    "scene",
    "meter",
    "dynamics",
    "structure",
    "sound",
)


def captions(piece: Piece, rng: random.Random, *, counts: Mapping[str, int] | None = None) -> tuple[Caption, ...]:
    """Captions of `piece` of every kind in `counts` (default COUNTS), all different, drawn by `rng`.

    The kind is how long and in what manner a caption speaks; all that it knows of the music is in its text.
    """
    asked = dict(COUNTS if counts is None else counts)
    if unknown := sorted(asked.keys() - COUNTS.keys()):
        raise ValueError(f"caption kinds {unknown} are not among {', '.join(COUNTS)}")
    facts = Facts(piece, rng)
    writers = {"tags": _tags, "phrase": _phrase, "sentence": _sentence, "paragraph": _paragraph, "plain": _plain}
    written: dict[str, Caption] = {}
    for kind, count in asked.items():
        for text in _different(lambda kind=kind: writers[kind](facts), count):  # type: ignore[misc]
            written.setdefault(text, Caption(kind, text))
    return tuple(written.values())


def held_out_prompts(piece: Piece, rng: random.Random, count: int = 3) -> tuple[str, ...]:
    """Prompts that are true of `piece` in wordings and sentences that `captions` never uses.

    Instruments, tempo and key have no second vocabulary: there only the sentence around them is new.
    """
    facts = Facts(piece, rng, held_out=True)
    return tuple(_different(lambda: _capital(_fill(phrases.HELD_OUT, facts)), count))


def _different(write: Callable[[], str], count: int) -> list[str]:
    texts: dict[str, None] = {}
    for _ in range(8 * count):
        if len(texts) == count:
            break
        texts.setdefault(write())
    return list(texts)


def _tags(facts: Facts) -> str:
    slots, rng = facts.slots(), facts.rng
    optional = [slots[name] for name in ("speed", "tempo", "key", "quality", "mood2", "absence") if name in slots]
    tags = [slots["style"], slots["mood"], *facts.instruments(5), *rng.sample(optional, rng.randint(0, 3))]
    if rng.random() < 0.6:
        rng.shuffle(tags)
    return ", ".join(dict.fromkeys(tags))


def _phrase(facts: Facts) -> str:
    return _fill(phrases.PHRASES, facts)


def _sentence(facts: Facts) -> str:
    return _capital(_fill(phrases.SENTENCES, facts))


def _paragraph(facts: Facts) -> str:
    """An opening, one or two details and mostly a closing sentence, none about the same thing twice."""
    used: set[str] = set()
    sentences = []
    plan = [phrases.OPENINGS, *[phrases.MIDDLES] * facts.rng.randint(1, 2)]
    for templates in plan + [phrases.CLOSINGS] * (facts.rng.random() < 0.75):
        fresh = [template for template in templates if not used & set(slots_of(template))]
        sentences.append(_capital(_fill(fresh, facts, used)))
    return " ".join(sentence for sentence in sentences if sentence)


def _plain(facts: Facts) -> str:
    text = _fill(phrases.PLAIN, facts)
    return text.lower() if facts.rng.random() < 0.4 else text


def _fill(templates: Sequence[str], facts: Facts, used: set[str] | None = None) -> str:
    """A random template whose slots are all known, filled; slots that should not return are added to `used`."""
    slots = facts.slots()
    usable = [template for template in templates if all(name in slots for name in slots_of(template))]
    if not usable:
        return ""
    template = facts.rng.choice(usable)
    if used is not None:
        used.update(name for name in slots_of(template) if name in _USED_ONCE)
    return filled(template, slots)


def filled(template: str, slots: Mapping[str, str]) -> str:
    """A template with its slots filled, and each "a(n)" become what the next word wants."""
    return _ARTICLE.sub(_article, template.format_map(slots))


def slots_of(template: str) -> list[str]:
    """The names of a template's slots."""
    return [name for _, name, _, _ in string.Formatter().parse(template) if name]


def _article(match: re.Match[str]) -> str:
    article, word = match[1], (match[2] + match[3]).lower()
    vowel = word[0] in "aeiou" and not word.startswith(_LIKE_A_CONSONANT)
    return f"{article}{'n' if vowel or word.startswith(_LIKE_A_VOWEL) else ''} {match[2]}{match[3]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
