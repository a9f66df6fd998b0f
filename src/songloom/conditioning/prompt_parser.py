"""What a prompt says of tempo, key, drums, meter and instruments in so many words; everything else is left to the text
encoder.

Keys need care: "a minor key" names none, "in a minor" and "A minor" do, "Am I" does not.
"""

from __future__ import annotations

import re
from functools import lru_cache

from songloom.band.sounds import SOUNDS
from songloom.conditioning.musical import Musical, key_number

SLOWEST, FASTEST = 30.0, 300.0
LONGEST = 20_000
"""Characters of a prompt that are read."""

_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = {word: value for value, word in enumerate(_UNITS)} | {word: 10 * (i + 2) for i, word in enumerate(_TENS)}
_NUMBER_WORD = "|".join([*sorted(_WORDS, key=len, reverse=True), "hundred", "and", "a"])

_BEATS = r"(?:bpm|b\.p\.m\.?|beats?[ -]+(?:per|a)[ -]+minute)"
_NUMBER = r"(?<![\w.])(\d{2,3}(?:\.\d{1,3})?)"
_RANGE = re.compile(rf"{_NUMBER}\s*(?:-|–|to)\s*(\d{{2,3}})\s*{_BEATS}(?![a-z])", re.IGNORECASE)
_TEMPO = (
    re.compile(rf"{_NUMBER}\s*-?\s*{_BEATS}(?![a-z])", re.IGNORECASE),
    re.compile(rf"\b{_BEATS}\s*(?:of|is|:|=|at)?\s*{_NUMBER}", re.IGNORECASE),
    re.compile(rf"\btempo\s*(?:of|is|:|=|at|around|about)?\s*(?:around|about|roughly)?\s*{_NUMBER}", re.IGNORECASE),
)
_SPOKEN = re.compile(rf"\b((?:(?:{_NUMBER_WORD})[ -]+)+){_BEATS}(?![a-z])", re.IGNORECASE)

_MODES = (
    r"(?:harmonic |melodic |natural )?(?:major|minor|maj|min|dorian|phrygian|lydian|mixolydian|aeolian|ionian|locrian)"
)
_SIGN = r"(?:\s?[#♯]|[b♭]|[ -](?:sharp|flat))?"
_ENDS = r"(?=\s*(?:$|[.,;:!?)\]]|\b(?:with|and|at|for|on|using|featuring|by|over|played|but|that|then|to|key)\b))"
_KEY_WITH_MODE = re.compile(rf"(?<![\w#])([A-Ga-g])({_SIGN})[ -]({_MODES})\b")
_SHORT_MINOR = re.compile(r"(?<![\w#'’])([A-G])([#♯b♭]?)(m|min|maj)\b(?!['’]|\s+I\b)")
_BARE = re.compile(rf"\b(?:[Kk]ey(?: of|:)|in(?: the key of)?)\s+([A-G])({_SIGN})(?![\w#♯]){_ENDS}")
_KEY_OF = re.compile(rf"\b[Kk]ey(?: of|:)\s+([A-Ga-g])({_SIGN})(?![\w#♯])")
_ARTICLE_BEFORE = re.compile(r"(?:\b(?:in|key of|key:|key)|[,;:.(\[/|]|^)\s*$", re.IGNORECASE)
_NOUN_AFTER = re.compile(
    r"\s+(?:key|keys|hit|chord|chords|scale|third|feel|mood|mode|change|step|tune|song|piece)\b", re.I
)

_DRUM = r"(?:drums?|drumming|drum[ -]?(?:kit|set|machine|beat|loop|line)s?)"
_NO_DRUMS = re.compile(
    rf"\b(?:(?:no|without|minus|sans|zero|lacking|free of|absence of)\s+(?:any\s+|the\s+|a\s+)?"
    rf"(?:\w+\s+(?:or|and|nor)\s+)?(?:{_DRUM}|percussion|beats?\b(?!\s+per))"
    r"|(?:drum|beat|percussion)[- ]?(?:less|free)\b"
    rf"|{_DRUM}\s+(?:leav(?:e|es|ing)|stop(?:s|ping)?|end(?:s|ing)?|(?:drop|fad)(?:e|s|es|ping|ing)?\s+(?:out|away)"
    r"|(?:are|is)\s+gone|disappear(?:s|ing)?|(?:go|fall)(?:es|s|ing)?\s+(?:silent|quiet))\b)",
    re.IGNORECASE,
)
_DRUM_AND_BASS = re.compile(r"\bdrum\s*(?:'?n'?|and|&)\s*bass\b|\bdnb\b|\bd\s*&\s*b\b", re.IGNORECASE)
_SOME_DRUMS = re.compile(rf"(?<!steel )(?<!hand )\b{_DRUM}\b", re.IGNORECASE)

_METERS = (
    ("6/8", re.compile(r"(?<!\d)6\s*/\s*8(?!\d)|\bsix[- ]eight\b", re.IGNORECASE)),
    ("3/4", re.compile(r"(?<!\d)3\s*/\s*4(?!\d)|\bthree[- ](?:four|quarter)\b|\bwaltz", re.IGNORECASE)),
    ("4/4", re.compile(r"(?<!\d)4\s*/\s*4(?!\d)|\bfour[- ]four\b|\bfour[- ]on[- ]the[- ]floor\b", re.IGNORECASE)),
)

_RULED_OUT = re.compile(r"\b(?:no|without|minus|sans|not)\s+(?:any\s+|the\s+|an?\s+)?$", re.IGNORECASE)
_NOT_INSTRUMENTS = ("vibes",)
"""Names of instruments that mostly mean something else."""


def parse(prompt: str) -> Musical:
    """The tempo, key, drums and meter that `prompt` names; None for each that it does not."""
    text = prompt[:LONGEST]
    return Musical(tempo=tempo_of(text), key=key_of(text), drums=drums_of(text), meter=meter_of(text))


def tempo_of(text: str) -> float | None:
    """Beats per minute, as in "75 bpm", "at 128 BPM", "tempo of 90", "80-90 bpm" or "ninety beats per minute"."""
    if between := _RANGE.search(text):
        return _plausible((float(between[1]) + float(between[2])) / 2)
    for pattern in _TEMPO:
        if match := pattern.search(text):
            return _plausible(float(match[1]))
    spoken = _SPOKEN.search(text)
    return _plausible(_spoken_number(spoken[1])) if spoken else None


def _plausible(tempo: float) -> float | None:
    return tempo if SLOWEST <= tempo <= FASTEST else None


def _spoken_number(words: str) -> float:
    """ "one hundred and twenty" -> 120; "a hundred" -> 100."""
    total = 0
    for word in re.split(r"[ -]+", words.lower().strip(" -")):
        total = max(total, 1) * 100 if word == "hundred" else total + _WORDS.get(word, 0)
    return float(total)


def key_of(text: str) -> int | None:
    """The key's number (see `musical.key_number`), or None. Modes count as major or minor by their third."""
    for match in _KEY_WITH_MODE.finditer(text):
        if not _is_article(text, match):
            return _number(match[1], match[2], match[3])
    if short := _SHORT_MINOR.search(text):
        return _number(short[1], short[2], "major" if short[3] == "maj" else "minor")
    if bare := _KEY_OF.search(text) or _BARE.search(text):
        return _number(bare[1], bare[2], "major")
    return None


def is_minor_key(text: str) -> bool | None:
    """True for "a minor-key tune" or "in a minor key", False for the same with major, None when neither is said."""
    match = re.search(r"\b(major|minor)[- ](?:key|mode)\b", text, re.IGNORECASE)
    return match[1].lower() == "minor" if match else None


def _is_article(text: str, match: re.Match[str]) -> bool:
    """Whether the A of "A minor ..." is only the word "a"."""
    if match[1] not in "Aa" or match[2]:
        return False
    noun = _NOUN_AFTER.match(text, match.end()) is not None
    if match[1] == "a":
        return noun or not _ARTICLE_BEFORE.search(text[max(0, match.start() - 12) : match.start()])
    sentence_start = re.search(r"(?:^|[.!?]\s*)$", text[: match.start()]) is not None
    return noun and sentence_start


def _number(letter: str, sign: str, mode: str) -> int:
    flat = sign.strip(" -").lower() in ("b", "♭", "flat")
    sharp = not flat and bool(sign.strip())
    minor = mode.lower().startswith(("min", "harmonic min", "melodic min", "natural min")) or mode.lower() in (
        "dorian",
        "phrygian",
        "aeolian",
        "locrian",
    )
    return key_number(f"{letter.upper()}{'#' if sharp else 'b' if flat else ''} {'minor' if minor else 'major'}")


def drums_of(text: str) -> bool | None:
    """True when drums are named, False when they are ruled out. A style's beat
    ("trap beat") and percussion, which may be shakers alone, say neither."""
    if _DRUM_AND_BASS.search(text):
        return True
    if _NO_DRUMS.search(text):
        return False
    return True if _SOME_DRUMS.search(text) else None


def meter_of(text: str) -> str | None:
    """The meter that is named, one of `musical.METERS`."""
    return next((name for name, pattern in _METERS if pattern.search(text)), None)


def families_of(text: str) -> frozenset[str]:
    """The families of those instruments that are named in the band's words and not ruled out. A name that may be of
    several families ("electric guitar", clean or not) tells none."""
    pattern, known = _instruments()
    named = [match for match in pattern.finditer(text[:LONGEST]) if not _RULED_OUT.search(text[: match.start()][-16:])]
    return frozenset(
        family for match in named for family in known[match[0].lower()] if len(known[match[0].lower()]) == 1
    )


@lru_cache(maxsize=1)
def _instruments() -> tuple[re.Pattern[str], dict[str, set[str]]]:
    """A pattern of all names of instruments, the longest first, and their families."""
    known: dict[str, set[str]] = {}
    for sound in SOUNDS.values():
        for word in sound.words:
            known.setdefault(word.lower(), set()).add(sound.family)
    names = sorted(known.keys() - set(_NOT_INSTRUMENTS), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, names))})(?![\w-])", re.IGNORECASE), known
