"""The best entries together: against every combination, and against the nearest entry of each book."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
import torch
from torch import Tensor

from songloom.bottlenecks.paths import closest_path
from songloom.bottlenecks.residual import ResidualQuantizer


def books(count: int, size: int, width: int) -> list[Tensor]:
    torch.manual_seed(0)
    return [torch.randn(size, width) * 0.6**index for index in range(count)]


def summed(entries: list[Tensor], codes: Tensor) -> Tensor:
    return torch.stack([book[codes[:, index]] for index, book in enumerate(entries)]).sum(0)


def test_a_beam_as_wide_as_all_beginnings_finds_the_best_of_all() -> None:
    entries, rows = books(3, 5, 4), torch.randn(20, 4)
    every = torch.tensor(list(product(range(5), repeat=3)))
    best = torch.cdist(rows, summed(entries, every)).argmin(1)
    assert torch.equal(closest_path(rows, entries, 25), every[best])


def test_a_beam_of_one_takes_the_nearest_entry_each_time() -> None:
    torch.manual_seed(1)
    quantizer = ResidualQuantizer(ResidualQuantizer.Config(width=6, codebook_size=16, streams=4))
    latents = torch.randn(2, 6, 30)
    quantizer.start(latents.transpose(1, 2).reshape(-1, 6))
    rows = latents.transpose(1, 2).reshape(-1, 6)
    entries = [book.decode(torch.arange(16)) for book in quantizer.books]  # type: ignore[operator]
    greedy = quantizer.quantize(latents).transpose(1, 2).reshape(-1, 4)
    assert torch.equal(closest_path(rows, entries, 1), greedy)


def test_a_wider_beam_comes_closer_on_the_whole() -> None:
    entries, rows = books(4, 16, 8), torch.randn(200, 8)
    errors = [(rows - summed(entries, closest_path(rows, entries, width))).square().mean() for width in (1, 4, 16)]
    assert errors[2] < errors[1] < 0.97 * errors[0]


def test_rows_that_are_worked_on_apart_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    entries, rows = books(3, 16, 8), torch.randn(50, 8)
    whole = closest_path(rows, entries, 4)
    monkeypatch.setattr("songloom.bottlenecks.paths.SCORES", 4 * 16 * 7)
    assert torch.equal(closest_path(rows, entries, 4), whole)


def test_a_quantizer_with_paths_searches_for_as_many_books_as_are_asked_for() -> None:
    torch.manual_seed(2)
    settings = ResidualQuantizer.Config(width=8, codebook_size=16, streams=4)
    plain = ResidualQuantizer(settings)
    latents = torch.randn(2, 8, 40)
    plain.start(latents.transpose(1, 2).reshape(-1, 8))
    searching = ResidualQuantizer(replace(settings, paths=8))
    searching.load_state_dict(plain.state_dict())
    for streams in (1, 2, 4):
        greedy, found = (one.quantize(latents, streams=streams) for one in (plain, searching))
        assert found.shape == greedy.shape == (2, streams, 40)
        errors = [(latents - searching.dequantize(codes)).square().mean() for codes in (greedy, found)]
        assert errors[1] < errors[0] if streams > 1 else torch.equal(found, greedy)


def test_less_than_one_path_is_refused() -> None:
    with pytest.raises(ValueError, match="paths is 0; needs at least 1"):
        ResidualQuantizer(ResidualQuantizer.Config(paths=0))
