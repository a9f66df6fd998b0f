from __future__ import annotations

import random
import re

import torch

from songloom.band import phrases
from songloom.band.moods import MOODS
from songloom.band.words import MOODS as MOOD_WORDS
from songloom.band.words import STYLES as STYLE_WORDS
from songloom.conditioning import glossary, phrasings
from songloom.conditioning.attributes import Vocabulary, glossary_texts
from songloom.conditioning.style_tempo import RANGES

SMALL = set(
    re.findall(
        r"\w+",
        """
    a an the to for of my at out up on in is and s like style type after through somebody everybody me get put as some
""",
    )
)
NUMBERS = {"forty": "40", "one": "1", "two": "2", "three": "3"}
ENDINGS = re.findall(
    r"\w+",
    """
    ingly fully iness ings ness less ists ing ful ies ied ian ist ity ery ers est ed er es ly y e s
""",
)


def plain(text: str) -> list[str]:
    """The words that say something."""
    words = re.sub(r"[^a-z0-9 ]", " ", text.lower().replace("'s", "").replace(".", "")).split()
    return [NUMBERS.get(word, word) for word in words if word not in SMALL]


def stem(word: str) -> str:
    return next((word[: -len(end)] for end in ENDINGS if word.endswith(end) and len(word) - len(end) >= 3), word)


def related(one: str, other: str) -> bool:
    """Whether two words have a stem in common: "weepy" and "weeping", "rastafari" and "rastafarian"."""
    long = min(len(one), len(other)) >= 6 and (one.startswith(other) or other.startswith(one))
    return long or stem(one) == stem(other)


def holds(phrase: str, wording: str) -> bool:
    """Whether all that a wording says stands in a phrase, in any form, or in one word ("mirrorball")."""
    said, words = plain(phrase), plain(wording)
    runs = {"".join(said[i:j]) for i in range(len(said)) for j in range(i + 1, min(len(said), i + 4) + 1)}
    return "".join(words) in runs or all(any(related(word, one) for one in said) for word in words)


def every_phrase() -> list[tuple[str, str]]:
    styles = [(name, phrase) for name in RANGES for phrase in phrasings.of_styles(name)]
    return styles + [(name, phrase) for name in MOODS for phrase in phrasings.of_moods(name)]


def test_it_speaks_of_every_style_and_mood_and_of_each_in_words_of_its_own() -> None:
    assert list(glossary.STYLES) == list(RANGES) and list(glossary.MOODS) == list(MOODS)
    found = [phrase for _, phrase in every_phrase()]
    assert len(found) == len(set(found)) and all(phrase.strip() for phrase in found)
    assert min(len(phrasings.of_styles(name)) for name in RANGES) >= 50
    assert min(len(phrasings.of_moods(name)) for name in MOODS) >= 50


def test_a_held_out_wording_is_found_in_other_forms_too() -> None:
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


def test_it_uses_none_of_the_wordings_that_are_held_out_for_measuring_in_any_form() -> None:
    tables = (STYLE_WORDS, MOOD_WORDS)
    held = [text for table in tables for word in table.values() for text in (*word.held_out, *word.held_out_scenes)]
    found = [
        (name, phrase, text) for name, phrase in every_phrase() for text in (*held, "banger") if holds(phrase, text)
    ]
    assert not found


def test_no_frame_of_a_phrasing_is_one_of_captions_or_of_held_out_prompts() -> None:
    def shape(frame: str) -> str:
        return re.sub(r"{[a-z0-9]+}", "_", frame).lower()

    used = {shape(frame) for frame in (*phrases.HELD_OUT, *phrases.SENTENCES, *phrases.OPENINGS)}
    assert not used & {shape(frame) for frame in phrasings.FRAMES}
    openings = {" ".join(re.findall(r"[a-z']+", shape(frame))[:2]) for frame in phrases.HELD_OUT}
    assert not [frame for frame in phrasings.FRAMES if " ".join(re.findall(r"[a-z']+", shape(frame))[:2]) in openings]
    telling = {"leanings", "flavour", "temperament", "tonality", "tonal", "jamming", "orchestration", "metronome"}
    assert not [frame for frame in phrasings.FRAMES if telling & set(re.findall(r"[a-z]+", frame.lower()))]


def test_texts_come_with_the_labels_of_what_they_name_and_repeat_under_a_seed() -> None:
    torch.manual_seed(3)
    texts, labels = glossary_texts(Vocabulary(), 200)
    torch.manual_seed(3)
    assert (texts, labels) == glossary_texts(Vocabulary(), 200)
    named = {"style": phrasings.of_styles, "mood": phrasings.of_moods}
    for text, one in zip(texts, labels, strict=True):
        assert one and all(any(phrase in text for phrase in named[kind](name)) for kind, name in one.items()), text
    assert any(len(one) == 2 for one in labels) and any(list(one) == ["mood"] for one in labels)
    assert glossary_texts(Vocabulary(styles=("polka",), moods=(), families=()), 5) == ([], [])


def test_a_clip_is_worded_by_its_own_instruments_and_numbers_and_labelled_with_what_that_tells() -> None:
    labels = {"style": "techno", "mood": "dark", "tempo": 133.0, "key": "A minor", "instruments": ["pad", "kick"]}
    labels["families"] = ["synth", "bass"]
    styles = (*phrasings.of_styles("techno"), *STYLE_WORDS["techno"].words)
    moods = (*phrasings.of_moods("dark"), *MOOD_WORDS["dark"].words)
    rng, seen = random.Random(0), set()
    for _ in range(300):
        worded = phrasings.worded(labels, rng)
        assert worded is not None
        text, meant = worded
        assert meant["families"] == ["synth", "bass"]
        if "style" in meant:
            assert any(phrase in text for phrase in (*styles, "pad", "kick")), text
        else:
            assert not any(player in text for player in ("pad", "kick")), text
        assert "mood" not in meant or any(phrase in text for phrase in moods), text
        seen |= {
            name for name, said in (("pad", "pad" in text), ("133", "133" in text), ("key", "A minor" in text)) if said
        }
        seen |= {word for word in ("no drums", "drumless") if word in text}
    assert seen == {"pad", "133", "key", "no drums", "drumless"}
    struck = {**labels, "families": ["synth", "drums"]}
    assert not any("drumless" in phrasings.worded(struck, rng)[0] for _ in range(100))  # type: ignore[index]
    assert phrasings.worded({"style": "techno", "mood": "dark"}, rng) is None
