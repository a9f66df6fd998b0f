"""Candidates by their words: the nearest sound comes first, section by section, and recipes say so."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from songloom.audio.clip import Audio
from songloom.inference.candidates import agreement
from songloom.inference.embedding import open_space
from songloom.inference.ranking import ranked
from songloom.inference.text_similarity import TextSimilarity
from songloom.systems.request import Request

RATE = 4000


def tone(*bands: int) -> Audio:
    """Two seconds of a sine in the middle of each band of 250 Hz."""
    time = torch.arange(2 * RATE) / RATE
    waves = [0.5 * torch.sin(2 * torch.pi * (250 * band + 125) * time) for band in bands]
    return Audio(torch.cat(waves)[None], RATE, {"seed": bands[0]})


def test_the_sound_that_is_nearest_to_the_words_comes_first_and_says_why(tones: Path) -> None:
    space = open_space(str(tones))
    scorer = TextSimilarity(space)
    first, second = ranked([tone(2), tone(5)], Request(prompt="tone 5"), scorer)
    assert (first.recipe["seed"], second.recipe["seed"]) == (5, 2)
    told = first.recipe["ranked"]
    assert {name: told[name] for name in ("by", "model", "model_sha256", "of")} == {
        "by": "text",
        "model": str(tones),
        "model_sha256": space.sha256,
        "of": 2,
    }
    assert told["score"] == pytest.approx(1.0, abs=1e-3) and second.recipe["ranked"]["score"] < 0.1


def test_a_story_is_compared_section_by_section(tones: Path) -> None:
    scorer = TextSimilarity(open_space(str(tones)))
    story = Request(story=((0.0, "tone 1"), (2.0, "tone 6")), seconds=4.0)
    assert scorer(tone(1, 6), story) == pytest.approx(1.0, abs=1e-2)
    assert scorer(tone(6, 1), story) == pytest.approx(0.0, abs=1e-2)
    assert scorer(tone(1, 1), story) == pytest.approx(0.5, abs=1e-2)


def test_other_scores_are_named_and_a_lone_candidate_keeps_its_recipe() -> None:
    made = ranked([tone(1), tone(2)], Request(), agreement)
    assert [audio.recipe["ranked"]["by"] for audio in made] == ["agreement", "agreement"]
    assert ranked([tone(1)], Request(), agreement)[0].recipe == {"seed": 1}
