"""Medians of neighbours by a sorting network: whole rows of numbers are compared at once, and only as often as the
middle one needs.

Batcher 1968, "Sorting networks and their applications": merging sorted odd and even places leaves few comparisons that
depend on no number. Those that the middle place does not depend on are left out.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional


def running_median(values: Tensor, size: int) -> Tensor:
    """Median of `size` (odd) neighbours along the last axis of [N, M], the ends repeated."""
    beside = size // 2
    padded = functional.pad(values[None], (beside, beside), mode="replicate")[0]
    places = [padded[:, place : place + values.shape[1]] for place in range(size)]
    for lower, upper, lower_counts, upper_counts in comparisons(size):
        one, other = places[lower], places[upper]
        if lower_counts:
            places[lower] = torch.minimum(one, other)
        if upper_counts:
            places[upper] = torch.maximum(one, other)
    return places[beside].clone()


@cache
def comparisons(size: int) -> tuple[tuple[int, int, bool, bool], ...]:
    """Places of `size` numbers that are compared, the lower one of which then has the smaller number; and which of both
    the middle place depends on later."""
    counts, kept = {size // 2}, []
    for lower, upper in reversed(sorting_network(size)):
        if lower in counts or upper in counts:
            kept.append((lower, upper, lower in counts, upper in counts))
            counts |= {lower, upper}
    return tuple(reversed(kept))


def sorting_network(size: int) -> list[tuple[int, int]]:
    """Places (lower, upper) whose numbers are exchanged where they are out of order, until all are sorted."""
    found = []
    merged = 1  # numbers in each sorted stretch
    while merged < size:
        apart = merged
        while apart:
            for first in range(apart % merged, size - apart, 2 * apart):
                for lower in range(first, min(first + apart, size - apart)):
                    if lower // (2 * merged) == (lower + apart) // (2 * merged):
                        found.append((lower, lower + apart))
            apart //= 2
        merged *= 2
    return found
