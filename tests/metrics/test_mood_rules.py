"""The rules are those that the composer goes by: its own draws have the chances that they give."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from songloom.band.composer import compose, mood_weights
from songloom.band.moods import MOODS
from songloom.band.piece import Piece
from songloom.band.styles.table import STYLES
from songloom.metrics.mood_rules import LEAST, MODES, mood_rules

CASES = [("folk", "sad"), ("rock", "energetic"), ("baroque", "calm")]
DRAWS = 400


@pytest.fixture(scope="module", params=CASES, ids=" ".join)
def drawn(request: pytest.FixtureRequest) -> list[Piece]:
    style, mood = request.param
    return [compose(seed, style=style, mood=mood, seconds=2.0, roles=["bass", "melody"]) for seed in range(DRAWS)]


def test_modes_are_drawn_with_their_chances(drawn: list[Piece]) -> None:
    counts = Counter(piece.mode for piece in drawn)
    chances = mood_rules([drawn[0].style], [drawn[0].mood]).modes[0, 0]
    for mode, chance in zip(MODES, chances.tolist(), strict=True):
        assert counts[mode] / DRAWS == pytest.approx(chance, abs=0.08)


def test_tempi_are_drawn_with_their_chances_and_gather_at_the_ends(drawn: list[Piece]) -> None:
    rules, (slowest, fastest) = mood_rules([drawn[0].style], [drawn[0].mood]), STYLES[drawn[0].style].tempo
    middle = (slowest + fastest) / 2
    for about in (0.5, 10.5):
        for beats in (slowest, middle, fastest):
            share = sum(abs(piece.tempo - beats) <= about for piece in drawn) / DRAWS
            assert share == pytest.approx(float(rules.tempo_chances(torch.tensor(beats), about)), abs=0.08)


def test_the_chances_of_all_whole_tempi_sum_to_one() -> None:
    rules = mood_rules(["folk"], tuple(MOODS))
    low, high = (int(end) for end in STYLES["folk"].tempo)
    chances = rules.tempo_chances(torch.arange(low, high + 1).double(), 0.5)
    torch.testing.assert_close(chances.sum(0), torch.ones(1, len(MOODS), dtype=torch.double))


def test_tastes_are_the_composers() -> None:
    rules = mood_rules(tuple(STYLES), tuple(MOODS))
    for row, style in zip(rules.taste, STYLES.values(), strict=True):
        weights = mood_weights(style)
        for mood, chance in zip(MOODS, row.tolist(), strict=True):
            assert chance == pytest.approx(max(LEAST, weights.get(mood, 0.0) / sum(weights.values())))


def test_usual_modes_are_shares() -> None:
    usual = mood_rules(tuple(STYLES), tuple(MOODS)).usual_modes()
    torch.testing.assert_close(usual.sum(1), torch.ones(len(STYLES), dtype=torch.double), atol=0.01, rtol=0)


def test_what_the_band_does_not_know_is_even() -> None:
    rules = mood_rules(["polka"], ["green", "blue"])
    torch.testing.assert_close(rules.taste, torch.full((1, 2), 0.5, dtype=torch.double))
    torch.testing.assert_close(rules.modes, torch.full((1, 2, len(MODES)), 1 / len(MODES), dtype=torch.double))
    chances = rules.tempo_chances(torch.tensor([60.0, 150.0], dtype=torch.double), 1.0)
    torch.testing.assert_close(chances[..., 0], chances[..., 1])
