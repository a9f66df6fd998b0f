"""Estimated captions say what is heard with confidence, in several wordings, and nothing else."""

from __future__ import annotations

import itertools

import pytest

from songloom.band.words import MOODS, STYLES
from songloom.inference.captioning import ESTIMATED, MOST_INSTRUMENTS, SURE, Heard, believed, wordings
from songloom.inference.tagging import Tag, Tags

STYLE, MOOD = "bossa nova", "calm"


def ranked(*chances: tuple[str, float]) -> list[Tag]:
    return [Tag(label, 0.0, chance) for label, chance in chances]


def test_only_tags_of_some_confidence_are_believed() -> None:
    below = {name: chance - 0.01 for name, chance in SURE.items()}
    tags: Tags = {
        "styles": ranked((STYLE, SURE["styles"]), ("salsa", 0.1)),
        "moods": ranked((MOOD, below["moods"])),
        "instruments": ranked(("nylon guitar", SURE["instruments"]), ("flute", below["instruments"])),
    }
    assert believed(tags, None, None) == Heard(style=STYLE, instruments=("nylon guitar",))
    assert not believed({"styles": ranked((STYLE, below["styles"]))}, None, None)


def test_an_instrument_is_not_named_again_within_another_or_the_style() -> None:
    tags: Tags = {
        "styles": ranked(("church organ", 0.9)),
        "instruments": ranked(("church organ", 0.5), ("organ", 0.5), ("grand piano", 0.4), ("piano", 0.3)),
    }
    assert believed(tags, None, None).instruments == ("grand piano",)
    many: Tags = {"instruments": ranked(*((f"horn {n}", 0.3) for n in range(9)))}
    assert len(believed(many, None, None).instruments) == MOST_INSTRUMENTS


@pytest.mark.parametrize("known", list(itertools.product((False, True), repeat=5)))
def test_every_caption_holds_only_what_is_heard_and_every_thing_is_in_the_tags(known: tuple[bool, ...]) -> None:
    style, mood, instruments, tempo, key = known
    heard = Heard(
        style=STYLE if style else None,
        mood=MOOD if mood else None,
        instruments=("nylon guitar", "flute") if instruments else (),
        tempo=97.3 if tempo else None,
        key="Eb minor" if key else None,
    )
    made = wordings(heard, "a")
    assert bool(made) == any(known)
    texts = [one.text for one in made]
    assert len(set(texts)) == len(texts)
    assert all(one.source == ESTIMATED and "{" not in one.text and "(n)" not in one.text for one in made)
    for said, there in (("97 BPM", tempo), ("Eb minor", key), ("nylon guitar", instruments)):
        assert any(said in text for text in texts) == there, texts
    assert any(word in text for text in texts for word in STYLES[STYLE].words) == style
    assert any(word in text.split() for text in texts for word in MOODS[MOOD].words if " " not in word) <= mood
    if made:
        assert made[0].kind == "tags" and {one.kind for one in made} <= {"tags", "phrase", "sentence"}
    if all(known):
        assert len(made) == 5


def test_wordings_repeat_for_one_seed_and_differ_between_seeds() -> None:
    heard = Heard(style=STYLE, mood=MOOD, instruments=("flute",), tempo=90.0, key="C major")
    assert wordings(heard, "a") == wordings(heard, "a")
    assert len({wordings(heard, str(seed)) for seed in range(10)}) > 5
