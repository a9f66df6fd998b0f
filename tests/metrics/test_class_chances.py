"""Divergences of class probabilities against scipy, in the direction that their names say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import rel_entr, softmax

from songloom.metrics.class_chances import divergences, inception_score, kl_divergence


def chances(seed: int, count: int = 6, classes: int = 11) -> np.ndarray:
    return softmax(2 * np.random.default_rng(seed).normal(size=(count, classes)), axis=1)


def test_equal_chances_do_not_diverge() -> None:
    both = divergences(chances(0), chances(0))
    np.testing.assert_array_equal(both.reference_generated, 0.0)
    np.testing.assert_array_equal(both.generated_reference, 0.0)


def test_each_direction_is_scipys_relative_entropy() -> None:
    real, made = chances(1), chances(2)
    both = divergences(real, made)
    np.testing.assert_allclose(both.reference_generated, rel_entr(real, made).sum(1))
    np.testing.assert_allclose(both.generated_reference, rel_entr(made, real).sum(1))


def test_a_missing_class_is_dear_in_one_direction_only() -> None:
    real, made = np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]])
    both = divergences(real, made)
    assert both.reference_generated[0] > 10
    assert both.generated_reference[0] == pytest.approx(np.log(2))


def test_the_number_that_published_tools_add_is_under_the_logarithm() -> None:
    real, made = chances(3), chances(4)
    expected = (real * (np.log(real) - np.log(made + 1e-6))).sum(1)
    np.testing.assert_allclose(kl_divergence(real, made, added=1e-6), expected)


def test_the_inception_score_is_one_for_one_kind_of_clip_and_the_number_of_classes_for_sure_and_different_ones() -> (
    None
):
    alike = np.tile(chances(5, count=1), (20, 1))
    assert inception_score(alike, splits=2) == pytest.approx((1.0, 0.0))
    assert inception_score(np.eye(8), splits=1) == pytest.approx((8.0, 0.0))


def test_what_are_no_chances_or_no_pairs_is_refused() -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        kl_divergence(np.ones((2, 3)), chances(6, 2, 3))
    with pytest.raises(ValueError, match="equal shapes"):
        kl_divergence(chances(7, 2), chances(8, 3))
    with pytest.raises(ValueError, match="parts"):
        inception_score(chances(9, 4), splits=5)
