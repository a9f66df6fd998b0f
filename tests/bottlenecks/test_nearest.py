"""Look-up against brute force, for every shape and however it is cut into pieces."""

from unittest import mock

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from songloom.bottlenecks import nearest as look_up


@settings(max_examples=60, deadline=None)
@given(rows=st.integers(0, 5), size=st.sampled_from([1, 2, 31, 32, 64, 96, 100, 128, 1024]), seed=st.integers(0, 2**31))
def test_the_first_of_the_greatest_is_found(rows: int, size: int, seed: int) -> None:
    # Few different values, so that most rows have many that are greatest.
    scores = torch.randint(3, (rows, size), generator=torch.Generator().manual_seed(seed)).float()
    expected = [row.index(max(row)) for row in scores.tolist()]
    assert look_up.first_greatest(scores).tolist() == expected


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 40), size=st.integers(1, 130), width=st.integers(1, 9), scores=st.integers(1, 3000),
    seed=st.integers(0, 2**31),
)  # fmt: skip
def test_no_entry_is_nearer_than_the_one_that_is_found(
    count: int, size: int, width: int, scores: int, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    # Whole numbers, so that distances are exact and many are equal.
    rows = torch.randint(-5, 6, (count, width), generator=generator).float()
    entries = torch.randint(-5, 6, (size, width), generator=generator).float()
    with mock.patch.object(look_up, "SCORES", scores):
        nearest, by_angle = look_up.nearest(rows, entries), look_up.nearest_by_angle(rows, entries)
    distances = (rows[:, None] - entries[None]).square().sum(-1)
    assert nearest.tolist() == [row.index(min(row)) for row in distances.tolist()]
    cosines = torch.cosine_similarity(rows[:, None], entries[None], dim=-1)
    torch.testing.assert_close(cosines.gather(1, by_angle[:, None])[:, 0], cosines.amax(1))


def test_several_codebooks_at_once_are_as_one_by_one() -> None:
    torch.manual_seed(0)
    rows, entries = torch.randn(3, 50, 4), torch.randn(3, 64, 4)
    one_by_one = torch.stack([look_up.nearest_by_angle(*pair) for pair in zip(rows, entries, strict=True)])
    assert torch.equal(look_up.nearest_by_angle(rows, entries), one_by_one)


def test_far_from_the_origin_the_nearest_is_still_found() -> None:
    torch.manual_seed(0)
    entries = torch.randn(64, 8) + 30
    rows = entries + 1e-2 * torch.randn(64, 8)
    assert torch.equal(look_up.nearest(rows, entries), torch.arange(64))
