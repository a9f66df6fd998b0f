"""The clustered mean: its limits in closed form, and its interval where raters and prompts are drawn anew each time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from songloom.metrics.listening.clustered import clustered_mean, clustered_p

RANDOM = np.random.default_rng(5)


def test_ratings_that_share_nothing_have_students_interval() -> None:
    values = RANDOM.normal(60, 10, 15)
    found = clustered_mean(list(values), range(15), [f"p{n}" for n in range(15)])
    low, high = stats.t.interval(0.95, 14, loc=values.mean(), scale=stats.sem(values))
    assert (found.value, found.low, found.high) == pytest.approx((values.mean(), low, high))
    assert found.count == 15


def test_one_prompt_leaves_the_interval_of_raters_means() -> None:
    means = RANDOM.normal(50, 8, 6)
    values, raters = np.repeat(means, 3), np.repeat(np.arange(6), 3)
    found = clustered_mean(list(values), list(raters), ["p"] * 18)
    low, high = stats.t.interval(0.95, 5, loc=means.mean(), scale=stats.sem(means))
    assert (found.low, found.high) == pytest.approx((low, high))


def test_raters_and_prompts_change_places() -> None:
    values = list(RANDOM.normal(50, 8, 12))
    raters, prompts = [n % 4 for n in range(12)], [n // 4 for n in range(12)]
    assert clustered_mean(values, raters, prompts) == clustered_mean(values, prompts, raters)


def test_repeating_every_rating_narrows_nothing() -> None:
    values, raters, prompts = list(RANDOM.normal(50, 8, 20)), [n % 5 for n in range(20)], [n // 5 for n in range(20)]
    once, thrice = clustered_mean(values, raters, prompts), clustered_mean(values * 3, raters * 3, prompts * 3)
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))


def test_a_lone_rating_has_an_open_interval_and_none_has_no_mean() -> None:
    one = clustered_mean([70], [0], ["p"])
    assert (one.value, one.low, one.high, one.count) == (70, -math.inf, math.inf, 1)
    assert math.isnan(clustered_mean([], [], []).value)


def test_p_is_students_where_ratings_share_nothing_and_agrees_with_the_interval() -> None:
    values = list(RANDOM.normal(4, 10, 15))
    assert clustered_p(values, range(15), range(15)) == pytest.approx(stats.ttest_1samp(values, 0).pvalue)
    for shift in range(0, 12, 2):
        crossed = list(RANDOM.normal(shift, 9, 30))
        given = (crossed, [n % 5 for n in range(30)], [n // 5 for n in range(30)])
        found = clustered_mean(*given)
        assert (clustered_p(*given) <= 0.05) == (not found.low <= 0 <= found.high)
    assert (clustered_p([3.0], [0], [0]), clustered_p([], [], []), clustered_p([0.0] * 4, range(4), range(4))) == (
        1,
        1,
        1,
    )
    assert clustered_p([2.0] * 4, range(4), range(4)) == 0


def test_the_interval_holds_the_truth_for_new_raters_and_prompts_where_the_plain_one_does_not() -> None:
    random, raters, prompts, rounds = np.random.default_rng(0), 10, 12, 300
    inside = plainly = 0
    who, what = np.repeat(np.arange(raters), prompts), np.tile(np.arange(prompts), raters)
    for _ in range(rounds):
        values = 60 + random.normal(0, 10, raters)[who] + random.normal(0, 8, prompts)[what]
        values = values + random.normal(0, 10, raters * prompts)
        found = clustered_mean(list(values), list(who), list(what))
        inside += found.low <= 60 <= found.high
        plainly += abs(values.mean() - 60) <= 1.96 * stats.sem(values)
    assert inside / rounds > 0.92
    assert plainly / rounds < 0.6
