from __future__ import annotations

import re

import torch

from songloom.band import phrases
from songloom.band.moods import MOODS
from songloom.band.words import MOODS as MOOD_WORDS
from songloom.band.words import STYLES as STYLE_WORDS
from songloom.conditioning import glossary, phrasings
from songloom.conditioning.attributes import Vocabulary, glossary_texts
from songloom.conditioning.style_tempo import RANGES


def plain(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9 ]", " ", text.lower()).split())


def test_it_speaks_of_every_style_and_mood_and_of_each_in_words_of_its_own() -> None:
    assert list(glossary.STYLES) == list(RANGES) and list(glossary.MOODS) == list(MOODS)
    phrases = [phrase for table in (glossary.STYLES, glossary.MOODS) for each in table.values() for phrase in each]
    assert len(phrases) == len(set(phrases)) and all(phrase.strip() for phrase in phrases)
    assert min(len(each) for table in (glossary.STYLES, glossary.MOODS) for each in table.values()) >= 8


def test_it_uses_none_of_the_wordings_that_are_held_out_for_measuring() -> None:
    tables = (STYLE_WORDS, MOOD_WORDS)
    held = [text for table in tables for word in table.values() for text in (*word.held_out, *word.held_out_scenes)]
    wordings = [re.sub("^for | style$", "", plain(text)) for text in held]
    for table in (glossary.STYLES, glossary.MOODS):
        for name, each in table.items():
            for phrase in each:
                assert not any(f" {text} " in f" {plain(phrase)} " for text in wordings), (name, phrase)


def test_no_frame_of_a_phrasing_is_one_of_captions_or_of_held_out_prompts() -> None:
    def shape(frame: str) -> str:
        return re.sub(r"{[a-z0-9]+}", "_", frame).lower()

    used = {shape(frame) for frame in (*phrases.HELD_OUT, *phrases.SENTENCES, *phrases.OPENINGS)}
    assert not used & {shape(frame) for frame in phrasings.FRAMES}
    openings = {" ".join(re.findall(r"[a-z']+", shape(frame))[:2]) for frame in phrases.HELD_OUT}
    assert not [frame for frame in phrasings.FRAMES if " ".join(re.findall(r"[a-z']+", shape(frame))[:2]) in openings]


def test_texts_come_with_the_labels_of_what_they_name_and_repeat_under_a_seed() -> None:
    torch.manual_seed(3)
    texts, labels = glossary_texts(Vocabulary(), 200)
    torch.manual_seed(3)
    assert (texts, labels) == glossary_texts(Vocabulary(), 200)
    tables = {"style": glossary.STYLES, "mood": glossary.MOODS}
    for text, one in zip(texts, labels, strict=True):
        assert one and all(any(phrase in text for phrase in tables[kind][name]) for kind, name in one.items()), text
    assert any(len(one) == 2 for one in labels) and any(list(one) == ["mood"] for one in labels)
    assert glossary_texts(Vocabulary(styles=("polka",), moods=(), families=()), 5) == ([], [])
