"""Medians by a sorting network: those of scipy, and no comparison is left out that counts."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from scipy.ndimage import median_filter

from songloom.audio.features.running_median import comparisons, running_median, sorting_network


@pytest.mark.parametrize("size", [1, 3, 5, 13, 17])
def test_medians_are_those_of_scipy(size: int) -> None:
    values = torch.rand(4, 40, generator=torch.Generator().manual_seed(size))
    expected = median_filter(values.numpy(), size=(1, size), mode="nearest")
    assert torch.equal(running_median(values, size), torch.from_numpy(expected))
    assert torch.equal(running_median(values.T.contiguous().T, size), torch.from_numpy(expected))


def test_equal_numbers_and_columns_have_medians_too() -> None:
    values = torch.randint(3, (30, 7), generator=torch.Generator().manual_seed(0)).float().T
    expected = median_filter(values.numpy(), size=(1, 9), mode="nearest")
    assert torch.equal(running_median(values, 9), torch.from_numpy(expected))


@pytest.mark.parametrize("size", [2, 5, 6, 9])
def test_a_network_sorts_every_row_of_zeros_and_ones_and_so_all_numbers(size: int) -> None:
    for row in product([0, 1], repeat=size):  # Knuth's principle
        sorted_row = list(row)
        for lower, upper in sorting_network(size):
            sorted_row[lower], sorted_row[upper] = sorted((sorted_row[lower], sorted_row[upper]))
        assert sorted_row == sorted(row)


@pytest.mark.parametrize("size", [13, 17])
def test_the_middle_needs_fewer_comparisons_than_the_order_of_all(size: int) -> None:
    assert len(comparisons(size)) < len(sorting_network(size))


def test_a_median_of_one_is_a_copy() -> None:
    values = torch.rand(2, 5)
    made = running_median(values, 1)
    made += 1
    assert float(values.max()) < 1
