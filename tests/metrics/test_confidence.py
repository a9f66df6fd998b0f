"""Intervals hold what they promise."""

from __future__ import annotations

import math

import numpy as np

from songloom.metrics.confidence import mean, share


def test_the_share_of_five_in_ten_has_the_known_wilson_interval() -> None:
    estimate = share([True] * 5 + [False] * 5)
    assert estimate.value == 0.5
    assert math.isclose(estimate.low, 0.2366, abs_tol=1e-4)
    assert math.isclose(estimate.high, 0.7634, abs_tol=1e-4)


def test_intervals_cover_the_truth_about_ninety_five_times_in_a_hundred() -> None:
    rng = np.random.default_rng(0)
    covered = [(e := mean(rng.normal(size=60), rounds=400)).low <= 0.0 <= e.high for _ in range(200)]
    assert 0.88 <= np.mean(covered) <= 0.99


def test_nothing_measured_is_nothing_claimed() -> None:
    assert str(share([])) == "-"
    assert str(mean([])) == "-"
