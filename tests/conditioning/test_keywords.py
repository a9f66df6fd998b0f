from __future__ import annotations

import pytest

from songloom.conditioning.keywords import TEMPLATES, keyword_caption, keywords_of


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        (["drums"], "The sounds of drums."),
        (["drums", "electric_guitar"], "The sounds of drums and electric guitar."),
        (["drums", " ", "piano", "rain"], "The sounds of drums, piano and rain."),
        ([], ""),
        (["", " "], ""),
    ],
)
def test_keywords_become_a_sentence_that_names_all_of_them(keywords: list[str], expected: str) -> None:
    assert keyword_caption(keywords) == expected


def test_every_form_is_another_sentence_and_they_come_round() -> None:
    made = [keyword_caption(["piano"], form) for form in range(len(TEMPLATES) + 1)]
    assert len(set(made[:-1])) == len(TEMPLATES) and made[-1] == made[0]
    assert all("piano" in text for text in made)


def test_tags_go_before_what_else_labels_say() -> None:
    labels = {"mood": "calm", "style": "jazz", "instruments": ["piano", "bass"], "tempo": 90}
    assert keywords_of(labels) == ["calm", "jazz", "piano", "bass"]
    assert keywords_of({**labels, "tags": ("rain", "street")}) == ["rain", "street"]
    assert keywords_of({"tempo": 90, "mood": None}) == []
