"""The Fréchet distance against closed forms and scipy's matrix root."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import sqrtm

from songloom.metrics.frechet import (
    bootstrapped_distance,
    distance_of_moments,
    distance_to_rows,
    frechet_distance,
    split_distance,
)
from songloom.metrics.moments import Moments


def test_a_set_is_at_no_distance_from_itself() -> None:
    rows = np.random.default_rng(0).normal(size=(200, 8))
    assert abs(frechet_distance(rows, rows)) < 1e-9


@pytest.mark.parametrize(("count", "width"), [(40, 300), (300, 40), (2, 64)])
def test_a_set_without_full_rank_and_of_large_numbers_is_at_no_distance_from_itself(count: int, width: int) -> None:
    rows = 30.0 * np.random.default_rng(6).normal(size=(count, width)) + 100.0
    assert abs(frechet_distance(rows, rows)) < 1e-6 * (rows - rows.mean(0)).var()


def test_two_gaussians_are_as_far_apart_as_their_closed_form() -> None:
    rng = np.random.default_rng(7)
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]  # covariances that commute: the root is that of the eigenvalues
    one, two, shift = rng.uniform(0.5, 2, 6), rng.uniform(0.5, 2, 6), rng.normal(size=6)

    def moments(values: np.ndarray, mean: np.ndarray) -> Moments:
        return Moments(101, mean, 100 * turn @ np.diag(values) @ turn.T)

    expected = shift @ shift + ((np.sqrt(one) - np.sqrt(two)) ** 2).sum()
    assert distance_of_moments(moments(one, shift), moments(two, 0 * shift)) == pytest.approx(expected)


def test_draws_of_two_gaussians_come_near_their_closed_form() -> None:
    rng = np.random.default_rng(8)
    first, second = rng.normal(size=(20_000, 4)), 2.0 * rng.normal(size=(20_000, 4)) + 1.0
    assert frechet_distance(first, second) == pytest.approx(4 * 1.0 + 4 * (2 - 1) ** 2, rel=0.03)


def test_the_order_of_rows_and_of_sets_does_not_matter() -> None:
    rng = np.random.default_rng(9)
    a, b = rng.normal(size=(60, 5)), rng.normal(size=(70, 5)) * 2
    there = frechet_distance(a, b)
    assert frechet_distance(a[rng.permutation(60)], b[rng.permutation(70)]) == pytest.approx(there, abs=1e-9)
    assert frechet_distance(b, a) == pytest.approx(there, abs=1e-9)


def test_the_distance_rises_with_noise() -> None:
    rng = np.random.default_rng(10)
    rows, noise = rng.normal(size=(500, 8)), rng.normal(size=(500, 8))
    distances = [frechet_distance(rows, rows + level * noise) for level in (0.0, 0.1, 0.3, 1.0, 3.0)]
    assert distances == sorted(distances)
    assert distances[-1] > 1.0


def test_moments_of_pieces_add_up_to_those_of_the_whole() -> None:
    rng = np.random.default_rng(11)
    rows = rng.normal(size=(90, 7)) * 3 + 50
    pieces = [Moments.of(part) for part in (rows[:1], rows[1:40], rows[40:])]
    total = pieces[2] + (pieces[0] + pieces[1])
    assert total.count == 90
    np.testing.assert_allclose(total.mean, rows.mean(0), rtol=1e-12)
    np.testing.assert_allclose(total.covariance, np.cov(rows, rowvar=False), rtol=1e-9)
    np.testing.assert_allclose(total.root @ total.root, total.covariance, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("count", [2, 7, 8, 9, 40])
def test_rows_are_as_far_as_their_moments(count: int) -> None:
    rng = np.random.default_rng(13)
    reference, rows = Moments.of(rng.normal(size=(50, 8)) @ rng.normal(size=(8, 8))), rng.normal(size=(count, 8)) + 2
    expected = distance_of_moments(reference, Moments.of(rows))
    assert distance_to_rows(reference, rows) == pytest.approx(expected, rel=1e-9)
    assert distance_to_rows(reference, rows.astype(np.float32)) == pytest.approx(expected, rel=1e-5)


def test_moments_of_nothing_or_of_what_is_no_number_are_refused() -> None:
    for rows in (np.zeros((0, 3)), np.zeros(3), np.array([[np.nan, 1.0]])):
        with pytest.raises(ValueError, match="embeddings"):
            Moments.of(rows)
    with pytest.raises(ValueError, match="widths differ"):
        Moments.of(np.zeros((2, 3))) + Moments.of(np.zeros((2, 4)))


def test_an_interval_holds_the_value_and_narrows_with_more_clips() -> None:
    rng = np.random.default_rng(12)
    reference = Moments.of(rng.normal(size=(500, 4)))
    clips = [rng.normal(size=(3, 4)) + 1.0 for _ in range(200)]
    few, many = bootstrapped_distance(reference, clips[:20]), bootstrapped_distance(reference, clips)
    assert few.low < few.value < few.high
    assert many.low < many.value < many.high
    assert many.high - many.low < few.high - few.low
    assert many.value == pytest.approx(distance_of_moments(reference, Moments.of(np.concatenate(clips))))


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
    with pytest.raises(ValueError, match="widths"):
        distance_to_rows(Moments.of(np.zeros((5, 3))), np.zeros((5, 4)))
    with pytest.raises(ValueError, match="at least 2"):
        distance_to_rows(Moments.of(np.zeros((5, 3))), np.zeros((1, 3)))


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
