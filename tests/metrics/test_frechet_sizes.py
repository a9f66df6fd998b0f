"""Distances without the bias of few clips, and of single clips."""

from __future__ import annotations

import math

import numpy as np
import pytest

from songloom.metrics.frechet import distance_of_moments
from songloom.metrics.frechet_sizes import extrapolate, frechet_infinity, frechet_per_clip
from songloom.metrics.moments import Moments


def test_a_line_over_the_inverse_of_the_size_gives_its_own_constants() -> None:
    sizes = np.array([100, 200, 400, 800])
    found = extrapolate(sizes, 0.7 + 35.0 / sizes)
    assert (found.value, found.slope, found.fit) == pytest.approx((0.7, 35.0, 1.0))


def test_equal_distributions_are_nearer_without_end_than_at_any_size() -> None:
    rng = np.random.default_rng(0)
    reference, rows = Moments.of(rng.normal(size=(20_000, 16))), rng.normal(size=(4000, 16))
    found = frechet_infinity(reference, rows, least=100, steps=12)
    biased = distance_of_moments(reference, Moments.of(rows[:200]))
    assert abs(found.value) < 0.2 * biased
    assert found.slope > 0
    assert found.fit > 0.9


def test_too_few_rows_for_a_line_are_refused() -> None:
    rows = np.random.default_rng(1).normal(size=(30, 3))
    with pytest.raises(ValueError, match="30 rows"):
        frechet_infinity(Moments.of(rows), rows, least=30)


def test_the_clip_that_is_unlike_the_reference_is_the_farthest() -> None:
    rng = np.random.default_rng(2)
    reference = Moments.of(rng.normal(size=(400, 3)))
    clips = [rng.normal(size=(20, 3)) + shift for shift in (0.0, 5.0, 1.0)] + [np.zeros((1, 3))]
    found = frechet_per_clip(reference, clips)
    assert int(np.nanargmax(found)) == 1
    assert math.isnan(found[3])
    assert found[1] == pytest.approx(distance_of_moments(reference, Moments.of(clips[1])))
