from __future__ import annotations

import pytest
import torch

from songloom.audio.splice import spliced, steps_away


@pytest.mark.parametrize("marks", [[3], [0], [9], [2, 3, 7], [], list(range(10))])
def test_distances_are_those_to_the_nearest_mark(marks: list[int]) -> None:
    marked = torch.zeros(10, dtype=torch.bool)
    marked[marks] = True
    expected = [min((abs(place - mark) for mark in marks), default=10) for place in range(10)]
    assert steps_away(marked).tolist() == expected


def test_what_is_kept_is_kept_exactly_and_the_passage_is_a_line() -> None:
    original, made = torch.randn(2, 40), torch.randn(2, 40)
    kept = torch.zeros(40, dtype=torch.bool)
    kept[:10] = True
    result = spliced(original, made, kept, 4)
    assert torch.equal(result[:, :10], original[:, :10]) and torch.equal(result[:, 14:], made[:, 14:])
    weights = torch.tensor([0.8, 0.6, 0.4, 0.2])
    expected = weights * original[:, 10:14] + (1 - weights) * made[:, 10:14]
    torch.testing.assert_close(result[:, 10:14], expected)
