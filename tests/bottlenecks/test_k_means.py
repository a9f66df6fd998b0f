"""k-means against vector-quantize-pytorch and scikit-learn, its start, and the tokenizer made of it."""

import pytest
import torch
from torch import Tensor

from songloom.bottlenecks.clusters import KMeansTokenizer
from songloom.bottlenecks.k_means import k_means, spread
from songloom.bottlenecks.nearest import nearest


def blobs(count: int, *, each: int = 40, width: int = 4, apart: float = 20.0) -> tuple[Tensor, Tensor]:
    """Centres [count, width] and noisy rows around them."""
    torch.manual_seed(0)
    centres = apart * torch.randn(count, width)
    rows = (centres[:, None] + torch.randn(count, each, width)).flatten(0, 1)
    return centres, rows[torch.randperm(len(rows))]


def inertia(rows: Tensor, centres: Tensor) -> float:
    return float(torch.cdist(rows, centres).amin(1).square().sum())


@pytest.mark.parametrize("cosine", [False, True])
def test_centres_are_those_of_the_reference_from_the_same_start(cosine: bool) -> None:
    reference = pytest.importorskip("vector_quantize_pytorch.vector_quantize_pytorch")
    torch.manual_seed(0)
    rows = torch.randn(300, 5)
    rows = torch.nn.functional.normalize(rows, dim=1) if cosine else rows
    start = rows[:20]
    theirs, _ = reference.kmeans(rows[None], 20, 10, cosine, sample_fn=lambda samples, count: start[None])
    torch.testing.assert_close(k_means(rows, 20, rounds=10, cosine=cosine, first=start), theirs[0])


def test_inertia_never_grows_with_rounds() -> None:
    torch.manual_seed(0)
    rows = torch.randn(500, 3)
    inertias = [inertia(rows, k_means(rows, 16, rounds=rounds, first=rows[:16])) for rounds in range(8)]
    assert inertias == sorted(inertias, reverse=True)


def test_rows_close_together_and_far_away_are_not_parted_by_their_rounding() -> None:
    torch.manual_seed(0)
    rows = 5 + 0.05 * torch.randn(600, 16)
    rounded = rows * (1 + 1e-7 * torch.randn_like(rows))
    for start in range(20):
        first = rows[start : start + 32]
        torch.testing.assert_close(k_means(rounded, 32, first=first), k_means(rows, 32, first=first))


def test_spread_rows_find_clusters_that_random_rows_miss() -> None:
    centres, rows = blobs(64)
    first = spread(rows, 64)
    found = nearest(first, centres).unique()
    assert len(first.unique(dim=0)) == 64
    assert len(found) > len(nearest(rows[:64], centres).unique()) + 10


def test_spread_takes_every_row_when_as_many_are_wanted() -> None:
    rows = torch.randn(20, 3)
    assert torch.equal(spread(rows, 20).sort(0).values, rows.sort(0).values)


def test_rows_that_repeat_still_spread() -> None:
    assert spread(torch.ones(30, 2), 12).shape == (12, 2)


def test_the_tokenizer_is_as_good_as_that_of_scikit_learn() -> None:
    cluster = pytest.importorskip("sklearn.cluster")
    _, rows = blobs(24, apart=3.0)
    theirs = cluster.KMeans(24, n_init=3, random_state=0).fit(rows.numpy()).inertia_
    tokenizer = KMeansTokenizer.Config(codebook_size=24, width=4, normalise=False).build()
    torch.manual_seed(1)
    error = float(tokenizer.start(rows)) * len(rows)
    assert error == pytest.approx(inertia(rows, tokenizer.centres), rel=1e-4)
    assert error < 1.15 * theirs


def test_normalised_features_weigh_alike_whatever_their_scale() -> None:
    _, rows = blobs(8, width=2, apart=5.0)
    scaled = rows * torch.tensor([1.0, 1e4]) + 7
    codes = []
    for features in (rows, scaled):
        torch.manual_seed(3)
        tokenizer = KMeansTokenizer.Config(codebook_size=8, width=2).build()
        tokenizer.start(features)
        codes.append(tokenizer.quantize(features.t()[None]))
    assert torch.equal(*codes)


def test_centres_code_to_themselves_and_gradients_pass() -> None:
    _, rows = blobs(8)
    tokenizer = KMeansTokenizer.Config(codebook_size=8, width=4).build()
    tokenizer.start(rows)
    every = torch.arange(8)[None, None]
    centres = tokenizer.dequantize(every)
    assert torch.equal(tokenizer.quantize(centres), every)
    latents = centres.clone().requires_grad_()
    passed = tokenizer(latents)
    torch.testing.assert_close(passed.latents, centres)
    passed.latents.sum().backward()
    torch.testing.assert_close(latents.grad, torch.ones_like(latents))
    assert float(passed.reports["usage_1"]) == 1


def test_a_tokenizer_without_clusters_says_so() -> None:
    tokenizer = KMeansTokenizer.Config(codebook_size=8, width=4).build()
    with pytest.raises(ValueError, match="no clusters yet"):
        tokenizer.quantize(torch.randn(1, 4, 5))
    with pytest.raises(ValueError, match="need at least as many"):
        tokenizer.start(torch.randn(7, 4))
