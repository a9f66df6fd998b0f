"""Pieces asked for in other words or without their drums."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from songloom.conditioning.otherwise import Otherwise, undrummed
from songloom.conditioning.phrasings import of_styles
from songloom.conditioning.prompt_parser import drums_of
from songloom.data.batch import Batch

FUNK: dict[str, Any] = {
    "style": "funk",
    "mood": "happy",
    "tempo": 106.0,
    "key": "A major",
    "instruments": ["electric bass", "organ", "drums", "percussion"],
    "families": ["bass", "organ", "drums", "percussion"],
    "drums": True,
}
PIANO: dict[str, Any] = {
    "style": "solo piano",
    "mood": "calm",
    "tempo": 70.0,
    "key": "C major",
    "instruments": ["piano"],
    "families": ["piano"],
    "drums": False,
}
CAPTIONS = ("upbeat funk in A major", "funk with drums and organ", "calm piano")


def batch() -> Batch:
    count = len(CAPTIONS)
    ones = torch.ones(count)
    return Batch(
        texts=CAPTIONS,
        labels=(FUNK, FUNK, PIANO),
        ids=("",) * count,
        start=0 * ones,
        seconds=ones,
        total=ones,
        mask=torch.ones(count, 1, dtype=torch.bool),
    )


def asked(how: Otherwise, seed: int) -> Batch:
    torch.manual_seed(seed)
    return how(batch())


def test_nothing_is_asked_otherwise_unless_wanted() -> None:
    torch.manual_seed(0)
    state = torch.get_rng_state()
    given = batch()
    assert Otherwise()(given) is given
    assert torch.equal(torch.get_rng_state(), state)


def test_pieces_with_drums_are_asked_for_without_them_and_the_text_says_so() -> None:
    for seed in range(20):
        found = asked(Otherwise(undrummed=1.0), seed)
        for text, labels in list(zip(found.texts, found.labels, strict=True))[:2]:
            assert labels["drums"] is False
            assert labels["families"] == ["bass", "organ"] and labels["instruments"] == ["electric bass", "organ"]
            assert labels["style"] == "funk"
            assert drums_of(text) is False or "struck or drummed" in text
        assert CAPTIONS[0] in found.texts[0]  # which names no drums, so it only says more
        assert CAPTIONS[1] not in found.texts[1]
        assert (found.texts[2], found.labels[2]) == (CAPTIONS[2], PIANO)


def test_other_words_are_those_of_the_glossary_and_ask_for_the_same() -> None:
    texts = [asked(Otherwise(worded=1.0), seed).texts for seed in range(40)]
    assert all(asked(Otherwise(worded=1.0), seed).labels == (FUNK, FUNK, PIANO) for seed in range(3))
    assert not any(text in CAPTIONS for some in texts for text in some)
    assert any(phrase in some[0] for some in texts for phrase in of_styles("funk"))


def test_the_same_seed_draws_the_same() -> None:
    how = Otherwise(worded=0.5, undrummed=0.5)
    assert asked(how, 3).texts == asked(how, 3).texts
    assert len({asked(how, seed).texts for seed in range(10)}) > 5


def test_a_piece_that_no_other_words_are_known_for_stays_as_it_is() -> None:
    bare = {"drums": True, "families": ["drums"], "instruments": ["drums"]}
    given = batch()
    given = type(given)(**{name: getattr(given, name) for name in given.__slots__} | {"labels": (bare, bare, bare)})
    torch.manual_seed(0)
    found = Otherwise(worded=1.0, undrummed=1.0)(given)
    assert found.texts == CAPTIONS and found.labels == (bare, bare, bare)


def test_labels_without_drums_keep_all_else() -> None:
    assert undrummed(PIANO) == PIANO
    assert undrummed(FUNK)["tempo"] == 106.0


def test_a_part_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="undrummed is 1.5; it must be between 0 and 1"):
        Otherwise(undrummed=1.5)
