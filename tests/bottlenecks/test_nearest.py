"""Look-up against brute force, for every shape and however it is cut into pieces."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from songloom.bottlenecks import nearest as look_up


@settings(max_examples=60, deadline=None)
@given(rows=st.integers(0, 5), size=st.sampled_from([1, 2, 31, 32, 64, 96, 100, 128, 1024]), seed=st.integers(0, 2**31))
def test_the_first_of_the_greatest_is_found(rows: int, size: int, seed: int) -> None:
    # Few different values, so that most rows have many that are greatest.
    scores = torch.randint(3, (rows, size), generator=torch.Generator().manual_seed(seed)).float()
    expected = [row.index(max(row)) for row in scores.tolist()]
    assert look_up.first_greatest(scores).tolist() == expected


def brute_force(rows: Tensor, entries: Tensor, *, cosine: bool) -> list[int]:
    if cosine:
        return torch.cosine_similarity(rows[:, None], entries[None], dim=-1).argmax(1).tolist()
    return (rows[:, None] - entries[None]).square().sum(-1).argmin(1).tolist()


@pytest.mark.parametrize("cosine", [False, True])
@settings(max_examples=30, deadline=None)
@given(
    count=st.integers(1, 40), size=st.integers(1, 130), width=st.integers(1, 9), scores=st.integers(1, 3000),
    seed=st.integers(0, 2**31),
)  # fmt: skip
def test_the_nearest_is_that_of_brute_force(
    cosine: bool, count: int, size: int, width: int, scores: int, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    # Whole numbers, so that distances are exact; offsets keep entries from being nought.
    rows = torch.randint(-5, 6, (count, width), generator=generator).float()
    entries = torch.randint(-5, 6, (size, width), generator=generator).float()
    if cosine:
        rows, entries = rows + torch.rand(rows.shape, generator=generator), entries + 0.5
    before, look_up.SCORES = look_up.SCORES, scores
    try:
        found = (look_up.nearest_by_angle if cosine else look_up.nearest)(rows, entries)
    finally:
        look_up.SCORES = before
    assert found.tolist() == brute_force(rows, entries, cosine=cosine)


def test_several_codebooks_at_once_are_as_one_by_one() -> None:
    torch.manual_seed(0)
    rows, entries = torch.randn(3, 50, 4), torch.randn(3, 64, 4)
    for find in (look_up.nearest, look_up.nearest_by_angle):
        one_by_one = torch.stack([find(*pair) for pair in zip(rows, entries, strict=True)])
        assert torch.equal(find(rows, entries), one_by_one)


def test_far_from_the_origin_the_nearest_is_still_found() -> None:
    torch.manual_seed(0)
    entries = torch.randn(64, 8) + 30
    rows = entries + 1e-2 * torch.randn(64, 8)
    assert torch.equal(look_up.nearest(rows, entries), torch.arange(64))
