"""Contrastive objectives against their formulas pair by pair; chunks give the gradient of the whole."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from songloom.objectives.contrastive import OBJECTIVES, contrast_losses, in_chunks, sigmoid_contrast, softmax_contrast


def drawn(size: int, seed: int = 0) -> Tensor:
    return torch.randn(size, size, generator=torch.Generator().manual_seed(seed))


def softmax_by_hand(logits: Tensor, matches: Tensor) -> float:
    total, size = 0.0, len(logits)
    for table, right in ((logits, matches), (logits.T, matches.T)):
        for i in range(size):
            whole = math.log(sum(math.exp(table[i, j]) for j in range(size)))
            logs = [float(table[i, j]) - whole for j in range(size) if right[i, j]]
            total -= sum(logs) / len(logs) / size
    return total / 2


def sigmoid_by_hand(logits: Tensor, matches: Tensor) -> float:
    total = 0.0
    for i in range(len(logits)):
        for j in range(len(logits)):
            sign = 1.0 if matches[i, j] else -1.0
            total += math.log(1 + math.exp(-sign * float(logits[i, j])))
    return total / len(logits)


@pytest.mark.parametrize("extra", [False, True])
def test_the_objectives_are_their_formulas(extra: bool) -> None:
    logits, matches = drawn(5).double(), torch.eye(5, dtype=torch.bool)
    if extra:
        matches[1, 3] = matches[0, 4] = matches[2, 4] = True
    assert float(softmax_contrast(logits, matches)) == pytest.approx(softmax_by_hand(logits, matches), abs=1e-9)
    assert float(sigmoid_contrast(logits, matches)) == pytest.approx(sigmoid_by_hand(logits, matches), abs=1e-9)


def test_guessing_costs_the_logarithm_of_the_number_of_texts() -> None:
    assert float(softmax_contrast(torch.zeros(7, 7), torch.eye(7, dtype=torch.bool))) == pytest.approx(math.log(7))


@pytest.mark.parametrize("name", OBJECTIVES)
def test_right_pairs_that_stand_far_out_cost_nothing(name: str) -> None:
    matches = torch.eye(6, dtype=torch.bool)
    logits = torch.where(matches, 50.0, -50.0)
    assert float(OBJECTIVES[name](logits, matches)) < 1e-6  # type: ignore[index]
    assert float(OBJECTIVES[name](-logits, matches)) > 10  # type: ignore[index]


class Tower(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(12, 16), nn.Tanh(), nn.Dropout(0.3), nn.Linear(16, 4))

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.normalize(self.layers(x), dim=-1)


def gradients(name: str, size: int, *, dropout: bool) -> list[Tensor]:
    torch.manual_seed(0)
    audio, text = Tower().train(dropout), Tower().train(dropout)
    one, other = torch.randn(10, 12), torch.randn(10, 12)
    torch.manual_seed(1)
    logits = 10 * in_chunks(audio, one, size) @ in_chunks(text, other, size).T
    OBJECTIVES[name](logits, torch.eye(10, dtype=torch.bool)).backward()  # type: ignore[index]
    return [parameter.grad for tower in (audio, text) for parameter in tower.parameters() if parameter.grad is not None]


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("size", [1, 3, 5])
def test_a_batch_in_chunks_has_the_gradient_of_the_whole(name: str, size: int) -> None:
    for whole, chunked in zip(gradients(name, 0, dropout=False), gradients(name, size, dropout=False), strict=True):
        assert torch.allclose(whole, chunked, atol=1e-5)


def test_a_chunk_done_again_draws_the_same_random_numbers() -> None:
    """Its first pass made the vectors and its second the gradient: they belong together only with equal dropout."""
    torch.manual_seed(0)
    tower, items = Tower(), torch.randn(6, 12)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        in_chunks(tower, items, 2).sum().backward()
    chunked = [parameter.grad.clone() for parameter in tower.parameters() if parameter.grad is not None]
    tower.zero_grad()
    torch.manual_seed(3)
    torch.cat([tower(items[first : first + 2]) for first in range(0, 6, 2)]).sum().backward()
    for mine, other in zip(chunked, tower.parameters(), strict=True):
        assert other.grad is not None and torch.equal(mine, other.grad)


def test_the_gradient_is_done_with_one_chunk_before_it_asks_for_the_next() -> None:
    tower, events = Tower().eval(), []
    items = torch.arange(4.0)[:, None].repeat(1, 12).requires_grad_()

    def encode(part: Tensor) -> Tensor:
        name = int(part[0, 0])
        events.append(("encoded", name))
        entered = 1.0 * part
        entered.register_hook(lambda gradient: events.append(("left", name)))
        return tower(entered)

    vectors = in_chunks(encode, items, 1)
    assert events == [("encoded", name) for name in range(4)]
    events.clear()
    vectors.sum().backward()
    assert events == [(what, name) for name in (3, 2, 1, 0) for what in ("encoded", "left")]


def test_strings_are_chunked_and_a_negative_size_is_refused() -> None:
    seen: list[int] = []

    def encode(texts: list[str]) -> Tensor:
        seen.append(len(texts))
        return torch.tensor([[float(len(text))] for text in texts], requires_grad=True)

    assert in_chunks(encode, ["a", "bb", "ccc"], 2).flatten().tolist() == [1, 2, 3]
    assert seen == [2, 1]
    with pytest.raises(ValueError, match="-1 items"):
        in_chunks(encode, ["a"], -1)


def test_the_scale_has_a_limit_and_what_is_right_may_be_any_matching_text() -> None:
    heard = torch.eye(3)
    read = torch.eye(3)[[1, 0, 2]]  # the first two pieces' texts are exchanged
    own, either = torch.eye(3, dtype=torch.bool), torch.eye(3, dtype=torch.bool)
    either[:2, :2] = True
    steep = torch.tensor(9.0)
    assert float(contrast_losses(heard, read, own, steep)["~scale"]) == pytest.approx(100.0)
    assert float(contrast_losses(heard, read, own, steep)["~right"]) == pytest.approx(1 / 3)
    assert float(contrast_losses(heard, read, either, steep)["~right"]) == pytest.approx(1.0)
