"""Codebooks and residual quantisation against brute force."""

import pytest
import torch
from torch import Tensor

from songloom.bottlenecks.codebook import AverageCodebook, CodebookSettings
from songloom.bottlenecks.k_means import k_means
from songloom.bottlenecks.nearest import nearest
from songloom.bottlenecks.residual import ResidualQuantizer
from songloom.bottlenecks.usage import perplexity


def quantizer(streams: int = 3, size: int = 8, width: int = 4) -> ResidualQuantizer:
    torch.manual_seed(0)
    return ResidualQuantizer.Config(streams=streams, codebook_size=size, width=width).build()


def brute_force(books: list[Tensor], vector: Tensor) -> list[int]:
    codes = []
    for book in books:
        distances = [float((vector - entry).norm()) for entry in book]
        codes.append(distances.index(min(distances)))
        vector = vector - book[codes[-1]]
    return codes


def test_codes_are_those_of_brute_force() -> None:
    rvq = quantizer().eval()
    latents = torch.randn(2, 4, 5)
    books = [book.entries for book in rvq.books]
    codes = rvq.quantize(latents)
    for item in range(2):
        for frame in range(5):
            assert codes[item, :, frame].tolist() == brute_force(books, latents[item, :, frame])


def test_dequantisation_sums_the_entries_of_the_books_that_came() -> None:
    rvq = quantizer()
    codes = torch.randint(8, (1, 2, 3))
    expected = rvq.books[0].entries[codes[0, 0]] + rvq.books[1].entries[codes[0, 1]]
    torch.testing.assert_close(rvq.dequantize(codes)[0].T, expected)


def test_the_training_pass_shows_each_item_its_own_number_of_books() -> None:
    rvq = quantizer().eval()
    latents = torch.randn(4, 4, 6)
    passed = rvq(latents, streams=torch.tensor([0, 1, 2, 3]))
    torch.testing.assert_close(passed.latents[0], latents[0])
    for item in (1, 2, 3):
        shown = rvq.dequantize(rvq.quantize(latents[item : item + 1], streams=item))
        torch.testing.assert_close(passed.latents[item : item + 1], shown)
    torch.testing.assert_close(passed.codes, rvq.quantize(latents))


def test_gradients_go_straight_through() -> None:
    latents = torch.randn(1, 4, 6, requires_grad=True)
    quantizer().eval()(latents).latents.sum().backward()
    torch.testing.assert_close(latents.grad, torch.ones_like(latents))


def test_k_means_finds_clusters_that_stand_apart() -> None:
    torch.manual_seed(1)
    true = torch.tensor([[0.0, 0.0], [50.0, 0.0], [0.0, 50.0]])
    rows = (true[:, None] + torch.randn(3, 200, 2)).flatten(0, 1)
    found = [k_means(rows, 3) for _ in range(8)]
    best = min(found, key=lambda centres: float(torch.cdist(rows, centres).amin(1).mean()))
    assert torch.cdist(true, best).amin(1).max() < 0.5


def test_fewer_rows_than_entries_still_start_a_codebook() -> None:
    centres = k_means(torch.randn(5, 3), 16)
    assert centres.shape == (16, 3)
    assert len(centres.unique(dim=0)) == 16


def test_entries_become_the_average_of_the_rows_that_choose_them() -> None:
    torch.manual_seed(0)
    rows = torch.cat([torch.randn(64, 2) * 0.1 + 5, torch.randn(64, 2) * 0.1 - 5])
    book = AverageCodebook(CodebookSettings(codebook_size=2, width=2, decay=0.5))
    book.entries.copy_(torch.tensor([[1.0, 1.0], [-1.0, -1.0]]))
    for _ in range(40):
        book.learn(rows, book.nearest(rows))
    torch.testing.assert_close(book.entries, torch.stack([rows[:64].mean(0), rows[64:].mean(0)]), atol=1e-3, rtol=0)


def test_an_entry_that_nobody_chooses_becomes_a_row() -> None:
    torch.manual_seed(0)
    rows = torch.randn(256, 2)
    book = AverageCodebook(CodebookSettings(codebook_size=4, width=2, decay=0.5))
    book.start(rows)
    book.entries[3] = book.sums[3] = 1000.0
    for _ in range(10):
        book.learn(rows, book.nearest(rows))
    assert book.entries.abs().max() < 10
    assert len(book.nearest(rows).unique()) == 4


def test_training_starts_the_books_and_lowers_the_error() -> None:
    rvq = quantizer(size=16)
    assert not rvq.started
    latents = torch.randn(8, 4, 32)
    errors = [float(rvq(latents).losses["commitment"]) for _ in range(30)]
    assert rvq.started
    assert errors[-1] < errors[0] < float(latents.square().mean())


def test_more_books_are_never_worse_on_average_after_training() -> None:
    rvq = quantizer(size=16)
    latents = torch.randn(8, 4, 64)
    for _ in range(40):
        rvq(latents)
    rvq.eval()
    fresh = torch.randn(8, 4, 64)
    errors = [float((rvq.dequantize(rvq.quantize(fresh, streams=k)) - fresh).square().mean()) for k in range(1, 4)]
    assert errors == sorted(errors, reverse=True)


def test_perplexity_counts_entries_in_even_use() -> None:
    assert float(perplexity(torch.tensor([0, 1, 2, 3] * 5), 8)) == pytest.approx(4.0)


@pytest.mark.parametrize("codes", [torch.zeros(1, 4, 2).long(), torch.full((1, 1, 2), 8), torch.full((1, 1, 2), -1)])
def test_codes_that_the_books_do_not_have_are_refused(codes: Tensor) -> None:
    with pytest.raises(ValueError, match="codes"):
        quantizer().dequantize(codes)


def test_nearest_is_the_least_distance() -> None:
    torch.manual_seed(0)
    rows, entries = torch.randn(50, 6), torch.randn(9, 6)
    torch.testing.assert_close(nearest(rows, entries), torch.cdist(rows, entries).argmin(1))


def dac(streams: int = 3) -> ResidualQuantizer:
    torch.manual_seed(0)
    settings = {"streams": streams, "codebook_size": 16, "width": 12}
    return ResidualQuantizer.Config(**settings, projection=4, cosine=True, learn="gradient").build()


def test_the_embedded_weights_keep_their_names() -> None:
    names = {name.split(".", 2)[2] for name in quantizer().state_dict()}
    assert names == {"entries", "counts", "sums", "started"}


def test_factorised_codes_hold_entries_and_their_projections_only() -> None:
    shapes = {name: tuple(value.shape) for name, value in dac(1).state_dict().items()}
    assert shapes == {
        "books.0.entries": (16, 4),
        "books.0.inside.weight": (4, 12),
        "books.0.inside.bias": (4,),
        "books.0.outside.weight": (12, 4),
        "books.0.outside.bias": (12,),
    }


def test_factorised_codes_are_the_entries_of_greatest_cosine_after_projection() -> None:
    rvq, residual = dac().eval(), torch.randn(12, 40)
    codes = rvq.quantize(residual[None])[0]
    for index, book in enumerate(rvq.books):
        inner = book.inside.weight @ residual + book.inside.bias[:, None]
        cosines = torch.cosine_similarity(inner.t()[:, None], book.entries[None], dim=-1)
        assert torch.equal(codes[index], cosines.argmax(1))
        residual = residual - book.outside.weight @ book.entries[codes[index]].t() - book.outside.bias[:, None]


def test_every_weight_of_factorised_codes_has_a_gradient() -> None:
    rvq = dac()
    latents = torch.randn(2, 12, 30, requires_grad=True)
    passed = rvq(latents)
    (passed.latents.square().mean() + sum(passed.losses.values())).backward()
    assert passed.losses.keys() == {"commitment", "codebook"}
    for name, weight in rvq.named_parameters():
        assert weight.grad is not None and weight.grad.abs().sum() > 0, name
    assert latents.grad is not None and latents.grad.abs().sum() > 0
