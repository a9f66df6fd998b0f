"""Whether words are written in another language than English, which is all that the text encoders here were taught.

Nothing is translated and nothing is sure: scripts and the small words of a few languages are counted. Small words that
English has too ("die", "on", "a") tell nothing and are left out.
"""

from __future__ import annotations

import unicodedata

ENGLISH = "the and of with for is are by this that it its an at from in into over to very some"
GERMAN = "und der das ein eine einer mit für ist nicht auf von im zum zur sehr ohne"
FRENCH = "le la les des une du et avec pour est dans sur très au aux sans"
SPANISH = "el los las una con para es del muy por sin que"
ITALIAN = "il lo gli di della molto nel senza"
PORTUGUESE = "os uma com da do dos muito em não sem"
DUTCH = "het een en van met voor zijn zonder"
SWEDISH = "och det med är för av på utan"
POLISH = "jest bardzo bez dla się oraz"
OURS = frozenset(ENGLISH.split())
THEIRS = frozenset(" ".join((GERMAN, FRENCH, SPANISH, ITALIAN, PORTUGUESE, DUTCH, SWEDISH, POLISH)).split()) - OURS
FOREIGN_LETTERS = 0.3


def is_foreign(text: str) -> bool:
    """Whether a caption looks like another language: mostly another script, or more of the others' small words (a word
    with letters that English does not have counts as one) than of English ones, two at least."""
    letters = [letter for letter in text if letter.isalpha()]
    if not letters:
        return False
    if sum(not unicodedata.name(letter, "").startswith("LATIN") for letter in letters) > FOREIGN_LETTERS * len(letters):
        return True
    words = "".join(letter if letter.isalpha() else " " for letter in text.lower()).split()
    theirs = sum(word in THEIRS or not word.isascii() for word in words)
    return theirs >= 2 and theirs > sum(word in OURS for word in words)
