from __future__ import annotations

import random

from songloom.conditioning import phrasings
from songloom.conditioning.same_words import held_in, holds


def test_a_wording_is_found_in_other_forms_too() -> None:
    for phrase, wording in (
        ("mirrorball", "mirror-ball"),
        ("powdered wigs and lace", "powdered-wig"),
        ("weepy", "weeping"),
        ("top forty", "Top 40"),
        ("he never unwinds, even after work", "to unwind after work"),
        ("Metro Boomin", "Metro Boomin type"),
        ("a B.B. King solo", "B.B. King style"),
    ):
        assert holds(phrase, wording), (phrase, wording)
    for phrase, wording in (("wigs", "powdered-wig"), ("gold", "Goldie style"), ("sweeping", "weeping")):
        assert not holds(phrase, wording), (phrase, wording)


def test_what_begins_alike_is_all_that_has_to_be_compared() -> None:
    rng = random.Random(0)
    phrases = rng.sample(
        [one for name in ("disco", "blues", "reggae", "pop") for one in phrasings.of_styles(name)], 120
    )
    wordings = [*rng.sample(phrases, 20), "Top 40", "mirror-ball", "B.B. King style", "drum's machine", "shiny"]
    every = [(phrase, wording) for phrase in phrases for wording in sorted(set(wordings)) if holds(phrase, wording)]
    assert held_in(phrases, wordings) == every and len(every) >= 20


def test_small_words_alone_say_nothing() -> None:
    assert held_in(["up to me", "an etude"], ["up to me", "style of my"]) == []
