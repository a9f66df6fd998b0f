"""The kernel distance against its definition by loops, and what no bias means."""

from __future__ import annotations

import math

import numpy as np
import pytest

from songloom.metrics.kernel_distance import (
    bootstrapped_kernel_distance,
    kernel_distance,
    median_distance,
    weighted_distances,
)


def by_loops(real: np.ndarray, made: np.ndarray, bandwidth: float) -> float:
    """Gretton et al. 2012, equation 3, pair by pair."""

    def kernel(a: np.ndarray, b: np.ndarray) -> float:
        return math.exp(-float(((a - b) ** 2).sum()) / (2 * bandwidth**2))

    def within(rows: np.ndarray) -> float:
        pairs = [(i, j) for i in range(len(rows)) for j in range(len(rows)) if i != j]
        return sum(kernel(rows[i], rows[j]) for i, j in pairs) / len(pairs)

    between = sum(kernel(a, b) for a in real for b in made) / (len(real) * len(made))
    return 100 * (within(real) + within(made) - 2 * between)


def test_it_is_the_definition_by_loops() -> None:
    rng = np.random.default_rng(0)
    real, made = rng.normal(size=(9, 3)), rng.normal(size=(7, 3)) + 0.5
    assert kernel_distance(real, made, bandwidth=1.3) == pytest.approx(by_loops(real, made, 1.3), rel=1e-9)


def test_the_bandwidth_is_the_median_distance_within_the_reference() -> None:
    rng = np.random.default_rng(1)
    real, made = rng.normal(size=(21, 4)), 3 * rng.normal(size=(5, 4))
    pairs = [float(np.linalg.norm(real[i] - real[j])) for i in range(21) for j in range(i)]
    assert median_distance(real) == pytest.approx(float(np.median(pairs)), rel=1e-6)
    assert kernel_distance(real, made) == pytest.approx(by_loops(real, made, float(np.median(pairs))), rel=1e-6)


def test_on_equal_distributions_its_mean_over_draws_is_near_nothing() -> None:
    rng = np.random.default_rng(2)
    draws = np.array([kernel_distance(rng.normal(size=(20, 4)), rng.normal(size=(20, 4))) for _ in range(300)])
    assert abs(draws.mean()) < 3 * draws.std() / math.sqrt(len(draws))
    assert (draws < 0).any()


def test_it_rises_with_the_distance_of_the_distributions() -> None:
    rng = np.random.default_rng(3)
    real = rng.normal(size=(200, 5))
    found = [kernel_distance(real, rng.normal(size=(200, 5)) + shift) for shift in (0.0, 0.5, 1.0, 2.0)]
    assert found == sorted(found)


def test_blocks_do_not_change_the_sum() -> None:
    rng = np.random.default_rng(4)
    real, made = rng.normal(size=(1500, 2)), rng.normal(size=(40, 2))
    kernel = np.exp(-((real[:, None] - real[None]) ** 2).sum(-1) / 2)
    across = np.exp(-((real[:, None] - made[None]) ** 2).sum(-1) / 2)
    inside = np.exp(-((made[:, None] - made[None]) ** 2).sum(-1) / 2)
    expected = (kernel.sum() - 1500) / (1500 * 1499) + (inside.sum() - 40) / (40 * 39) - 2 * across.mean()
    assert kernel_distance(real, made, bandwidth=1.0) == pytest.approx(100 * expected, rel=1e-9)


def test_a_weight_is_a_copy_that_is_not_compared_with_itself() -> None:
    rng = np.random.default_rng(5)
    real, made = rng.normal(size=(12, 3)), rng.normal(size=(6, 3))
    left_out = np.array([[1.0, 1, 0, 1, 1, 1]])
    found = weighted_distances(real, made, np.ones((1, 12)), left_out, bandwidth=1.0)[0]
    assert found == pytest.approx(kernel_distance(real, np.delete(made, 2, axis=0), bandwidth=1.0))


def test_an_interval_holds_the_value() -> None:
    rng = np.random.default_rng(6)
    real, clips = rng.normal(size=(60, 3)), [rng.normal(size=(2, 3)) + 0.7 for _ in range(40)]
    found = bootstrapped_kernel_distance(real, clips)
    assert found.value == pytest.approx(kernel_distance(real, np.concatenate(clips)))
    assert found.low < found.value < found.high


def test_two_clips_of_one_row_each_still_have_an_interval() -> None:
    rng = np.random.default_rng(7)
    found = bootstrapped_kernel_distance(rng.normal(size=(30, 3)), list(rng.normal(size=(2, 1, 3))))
    assert found.low == pytest.approx(found.value) == found.high


def test_sets_that_are_too_small_or_all_the_same_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        kernel_distance(np.zeros((1, 3)), np.ones((4, 3)), bandwidth=1.0)
    with pytest.raises(ValueError, match="no bandwidth"):
        kernel_distance(np.zeros((5, 3)), np.ones((4, 3)))
    with pytest.raises(ValueError, match="needs"):
        kernel_distance(np.zeros((5, 3)), np.ones((4, 2)), bandwidth=1.0)
