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
from songloom.conditioning.same_words import held_in
from songloom.conditioning.style_tempo import RANGES


def every_phrase() -> list[tuple[str, str]]:
    styles = [(name, phrase) for name in RANGES for phrase in phrasings.of_styles(name)]
    return styles + [(name, phrase) for name in MOODS for phrase in phrasings.of_moods(name)]


def test_it_speaks_of_every_style_and_mood_and_of_each_in_words_of_its_own() -> None:
    assert list(glossary.STYLES) == list(RANGES) and list(glossary.MOODS) == list(MOODS)
    found = [phrase for _, phrase in every_phrase()]
    assert len(found) == len(set(found)) and all(phrase.strip() for phrase in found)
    assert min(len(phrasings.of_styles(name)) for name in RANGES) >= 50
    assert min(len(phrasings.of_moods(name)) for name in MOODS) >= 50


def test_it_uses_none_of_the_wordings_that_are_held_out_for_measuring_in_any_form() -> None:
    tables = (STYLE_WORDS, MOOD_WORDS)
    held = [text for table in tables for word in table.values() for text in (*word.held_out, *word.held_out_scenes)]
    assert not held_in([phrase for _, phrase in every_phrase()], [*held, "banger"])


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
