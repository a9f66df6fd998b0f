"""Paired tests and their correction, against definitions and scipy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from songloom.metrics.listening.significance import holm, least_p, signed_rank


def test_differences_are_averaged_within_a_unit_before_they_are_ranked() -> None:
    differences = [1.0, 3.0, -4.0, 5.0, 5.5, 6.5, 9.0, 7.0]
    units = [0, 0, 1, 2, 3, 3, 4, 5]
    assert signed_rank(differences, units) == stats.wilcoxon([2.0, -4.0, 5.0, 6.0, 9.0, 7.0]).pvalue


@pytest.mark.parametrize(
    "values",
    [
        [1.0, -2.0, 3.5, 4.0, 5.5, 6.0],
        [100.0, 100.0, -100.0, 100.0, 100.0, 0.0, 0.0, 50.0, 50.0],
        [0.0, 0.0, 1.0],
        [-7.0, -7.0, -7.0, -7.0],
    ],
)
def test_the_signed_rank_p_is_the_share_of_sign_patterns_that_are_as_extreme(values: list[float]) -> None:
    ranks = stats.rankdata(np.abs(values)) * (np.array(values) != 0)
    seen = abs((ranks * np.sign(values)).sum())
    patterns = [abs(np.dot(ranks, signs)) for signs in itertools.product((-1, 1), repeat=len(values))]
    assert signed_rank(values, range(len(values))) == pytest.approx(np.mean([p >= seen - 1e-9 for p in patterns]))


@pytest.mark.parametrize("units", [5, 30, 200, 201])
def test_the_signed_rank_p_is_scipys(units: int) -> None:
    values = list(np.random.default_rng(units).normal(0.2, 1, units))
    expected = stats.wilcoxon(values, method="exact").pvalue
    assert signed_rank(values, range(units)) == pytest.approx(expected, abs=1e-9 if units <= 200 else 2e-3)


def test_no_difference_at_all_is_no_evidence() -> None:
    assert signed_rank([0.0, 0.0, 0.0], "abc") == 1
    assert signed_rank([], []) == 1
    assert signed_rank([1.0, -1.0], ["a", "a"]) == 1


@pytest.mark.parametrize("units", [1, 3, 6, 9])
def test_differences_of_one_sign_give_the_least_p_that_there_is(units: int) -> None:
    assert signed_rank([1.0 + n for n in range(units)], range(units)) == pytest.approx(least_p(units))


def test_holm_multiplies_the_smallest_by_all_and_never_falls_behind() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_holm_rejects_exactly_what_its_steps_reject() -> None:
    random = np.random.default_rng(1)
    for _ in range(200):
        chances = list(random.uniform(0, 0.08, 5))
        rejected = set()
        for rank, place in enumerate(np.argsort(chances)):
            if chances[place] > 0.05 / (5 - rank):
                break
            rejected.add(int(place))
        assert {n for n, p in enumerate(holm(chances)) if p <= 0.05} == rejected
