"""Captions in another language are told by their script and small words; English ones are not taken for others."""

from __future__ import annotations

import pytest

from songloom.conditioning.language import is_foreign


@pytest.mark.parametrize(
    "text",
    [
        "ruhige Musik mit Klavier und Geige",
        "une musique douce avec du piano",
        "música alegre con guitarra y palmas",
        "穏やかなピアノの曲",
        "спокойная музыка для сна",
        "lugn musik för natten med piano",
    ],
)
def test_other_languages_are_seen(text: str) -> None:
    assert is_foreign(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "120 BPM",
        "Café jazz",
        "soft piano",
        "I die for this beat on the road",
        "a dark über-heavy track with drums and bass",
        "This bossa nova piece is dreamy, with nylon guitar.",
    ],
)
def test_english_and_wordless_texts_are_not_taken_for_others(text: str) -> None:
    assert not is_foreign(text)


def test_no_caption_of_the_band_is_taken_for_another_language() -> None:
    import random

    from songloom.band.captions import captions
    from songloom.band.composer import draw

    texts = [one.text for seed in range(40) for one in captions(draw(seed), random.Random(seed))]
    assert len(texts) > 200
    assert [text for text in texts if is_foreign(text)] == []
