"""Recall and average precision against counting by hand; chance against shuffling."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from songloom.metrics.retrieval import average_precision, chance_precision, chance_recall, ranked, recall


def drawn(questions: int, answers: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    relevant = torch.rand(questions, answers, generator=generator) < 0.25
    relevant[torch.arange(questions), torch.randint(answers, (questions,), generator=generator)] = True
    return torch.randn(questions, answers, generator=generator), relevant


def order_by_hand(similarity: list[float], relevant: list[bool]) -> list[bool]:
    places = sorted(range(len(similarity)), key=lambda i: (-similarity[i], relevant[i]))
    return [relevant[i] for i in places]


def precision_by_hand(order: list[bool], k: int) -> float:
    total = sum(sum(order[: place + 1]) / (place + 1) for place in range(min(k, len(order))) if order[place])
    return total / min(k, sum(order))


@pytest.mark.parametrize("k", [1, 3, 10, 50])
def test_they_are_what_counting_gives(k: int) -> None:
    similarity, relevant = drawn(20, 12)
    similarity = similarity.round(decimals=1)  # with ties
    for row in range(20):
        order = order_by_hand(similarity[row].tolist(), relevant[row].tolist())
        assert ranked(similarity, relevant)[row].tolist() == order
        assert bool(recall(similarity, relevant, k)[row]) == any(order[:k])
        assert float(average_precision(similarity, relevant, k)[row]) == pytest.approx(precision_by_hand(order, k))


def test_the_best_order_has_precision_1_and_the_worst_finds_nothing() -> None:
    _, relevant = drawn(8, 40)
    assert torch.equal(average_precision(relevant.float(), relevant, 10), torch.ones(8, dtype=torch.float64))
    assert not recall(-relevant.float(), relevant, 10).any()


def test_vectors_that_are_all_alike_find_nothing_that_is_rare() -> None:
    _, relevant = drawn(8, 40)
    assert not recall(torch.zeros(8, 40), relevant, 10).any()


@pytest.mark.parametrize("k", [1, 4, 30])
def test_chance_is_the_mean_over_random_orders(k: int) -> None:
    _, relevant = drawn(5, 20, seed=3)
    generator = torch.Generator().manual_seed(1)
    rounds = [torch.rand(5, 20, generator=generator) for _ in range(4000)]
    found = torch.stack([recall(one, relevant, k).double() for one in rounds]).mean(0)
    precise = torch.stack([average_precision(one, relevant, k) for one in rounds]).mean(0)
    assert torch.allclose(chance_recall(relevant, k), found, atol=0.03)
    assert torch.allclose(chance_precision(relevant, k), precise, atol=0.02)


def test_one_right_answer_among_n_is_found_by_chance_k_times_in_n() -> None:
    relevant = torch.eye(50, dtype=torch.bool)
    assert torch.allclose(chance_recall(relevant, 10), torch.full((50,), 0.2, dtype=torch.float64))


def test_what_cannot_be_measured_is_refused() -> None:
    similarity, relevant = drawn(3, 4)
    with pytest.raises(ValueError, match="both are"):
        ranked(similarity, relevant[:2])
    with pytest.raises(ValueError, match="at least one right answer"):
        ranked(similarity, torch.zeros(3, 4, dtype=torch.bool))
    with pytest.raises(ValueError, match="not a number"):
        ranked(similarity * float("nan"), relevant)
    with pytest.raises(ValueError, match="k is 0"):
        recall(similarity, relevant, 0)
