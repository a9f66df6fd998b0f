"""The Fréchet distance against closed forms and scipy's matrix root."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import sqrtm

from songloom.metrics.frechet import frechet_distance, split_distance


def test_a_set_is_at_no_distance_from_itself() -> None:
    rows = np.random.default_rng(0).normal(size=(200, 8))
    assert abs(frechet_distance(rows, rows)) < 1e-9


def test_a_shift_counts_its_squared_length() -> None:
    rows = np.random.default_rng(1).normal(size=(100, 5))
    assert frechet_distance(rows, rows + 2.0) == pytest.approx(20.0)


def test_scaling_one_dimension_gives_the_squared_difference_of_deviations() -> None:
    rows = np.random.default_rng(2).normal(size=(500, 1))
    deviation = rows.std(ddof=1)
    expected = (3 * deviation - deviation) ** 2 + float((2 * rows.mean()) ** 2)
    assert frechet_distance(rows, 3 * rows) == pytest.approx(expected)


def test_it_agrees_with_the_matrix_root_of_scipy() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(300, 6)) @ rng.normal(size=(6, 6)), rng.normal(size=(400, 6)) @ rng.normal(size=(6, 6)) + 1
    one, two = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    shift = a.mean(0) - b.mean(0)
    expected = shift @ shift + np.trace(one + two - 2 * sqrtm(one @ two).real)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)


def test_fewer_rows_than_dimensions_still_give_a_number() -> None:
    rng = np.random.default_rng(4)
    assert frechet_distance(rng.normal(size=(5, 40)), rng.normal(size=(6, 40))) > 0


def test_empty_or_unequal_sets_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        frechet_distance(np.zeros((1, 3)), np.zeros((5, 3)))
    with pytest.raises(ValueError, match="widths"):
        frechet_distance(np.zeros((5, 3)), np.zeros((5, 4)))


def test_halves_of_one_set_are_nearer_than_another_set() -> None:
    rng = np.random.default_rng(5)
    here = [rng.normal(size=(3, 4)) for _ in range(40)]
    there = [rows + 2.0 for rows in here]
    floor, far = split_distance(here, here), split_distance(there, here)
    assert floor.low <= floor.value <= floor.high < far.low
    assert far.value == pytest.approx(16.0 + floor.value, rel=0.2)


def test_too_few_clips_for_halves_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 4"):
        split_distance([np.zeros((2, 2))] * 3, [np.zeros((2, 2))] * 9)
