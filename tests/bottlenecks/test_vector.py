"""One codebook against vector-quantize-pytorch: codes, outputs, losses, gradients and moving averages."""

from typing import Any

import pytest
import torch
from torch import Tensor

from songloom.bottlenecks.codebook import AverageCodebook, CodebookSettings
from songloom.bottlenecks.vector import VectorQuantizer

vqp = pytest.importorskip("vector_quantize_pytorch")


def pair(*, cosine: bool = False, gradient: bool = False, decay: float = 0.8) -> tuple[VectorQuantizer, Any]:
    """Ours and theirs with the same entries, width 6 and 10 entries, without restarts of dead ones."""
    torch.manual_seed(0)
    learning = {"learnable_codebook": True, "ema_update": False} if gradient else {}
    theirs = vqp.VectorQuantize(
        dim=6, codebook_size=10, decay=decay, use_cosine_sim=cosine, threshold_ema_dead_code=0, rotation_trick=False,
        **learning,
    )  # fmt: skip
    ours = VectorQuantizer.Config(
        codebook_size=10, width=6, cosine=cosine, learn="gradient" if gradient else "average", decay=decay,
        k_means=False, expiry=0.0,
    ).build()  # fmt: skip
    with torch.no_grad():
        ours.book.entries.copy_(theirs._codebook.embed[0])
        if not gradient:
            ours.book.sums.copy_(theirs._codebook.embed_avg[0])
    return ours, theirs


def frames(latents: Tensor) -> Tensor:
    """[B, D, F] as they take it."""
    return latents.transpose(1, 2)


@pytest.mark.parametrize("cosine", [False, True])
def test_codes_and_outputs_are_those_of_the_reference(cosine: bool) -> None:
    ours, theirs = pair(cosine=cosine)
    ours.eval(), theirs.eval()
    latents = torch.randn(3, 6, 50)
    quantised, codes, _ = theirs(frames(latents))
    passed = ours(latents)
    assert torch.equal(passed.codes[:, 0], codes)
    assert torch.equal(ours.quantize(latents)[:, 0], codes)
    torch.testing.assert_close(frames(passed.latents), quantised)
    torch.testing.assert_close(frames(ours.dequantize(passed.codes)), quantised)


@pytest.mark.parametrize("cosine", [False, True])
def test_entries_follow_the_moving_averages_of_the_reference(cosine: bool) -> None:
    ours, theirs = pair(cosine=cosine)
    ours.train(), theirs.train()
    for _ in range(5):
        latents = torch.randn(4, 6, 30)
        theirs(frames(latents))
        ours(latents)
        torch.testing.assert_close(ours.book.entries, theirs._codebook.embed[0], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(ours.book.counts, theirs._codebook.cluster_size[0])


def test_losses_and_gradients_are_those_of_the_reference() -> None:
    ours, theirs = pair(gradient=True)
    ours.train(), theirs.train()
    latents = torch.randn(2, 6, 20)
    mine, other = latents.clone().requires_grad_(), latents.clone().requires_grad_()
    quantised, _, loss = theirs(frames(other))
    (loss + quantised.square().mean()).backward()
    passed = ours(mine)
    torch.testing.assert_close(passed.losses["commitment"], loss)
    torch.testing.assert_close(passed.losses["codebook"], loss)
    (passed.losses["commitment"] + passed.losses["codebook"] + passed.latents.square().mean()).backward()
    torch.testing.assert_close(mine.grad, other.grad)
    torch.testing.assert_close(ours.book.entries.grad, theirs._codebook.embed.grad[0])


def test_orthogonality_is_that_of_the_reference_and_nought_for_orthogonal_entries() -> None:
    from vector_quantize_pytorch.vector_quantize_pytorch import orthogonal_loss_fn

    ours = VectorQuantizer.Config(codebook_size=10, width=6, learn="gradient", orthogonal=True).build()
    loss = ours(torch.randn(1, 6, 4)).losses["orthogonal"]
    torch.testing.assert_close(loss, orthogonal_loss_fn(ours.book.entries[None]))
    square = VectorQuantizer.Config(codebook_size=6, width=6, learn="gradient", orthogonal=True).build()
    with torch.no_grad():
        square.book.entries.copy_(3 * torch.eye(6))
    assert float(square.book.alike().detach()) == pytest.approx(0.0, abs=1e-7)


def test_commitment_pulls_latents_and_the_codebook_loss_pulls_entries_only() -> None:
    quantizer = VectorQuantizer.Config(codebook_size=5, width=3, learn="gradient").build()
    latents = torch.randn(1, 3, 8, requires_grad=True)
    passed = quantizer(latents)
    rows, entries = latents.detach()[0].t(), quantizer.book.entries.detach()[passed.codes[0, 0]]
    found = torch.autograd.grad(passed.losses["commitment"], latents, retain_graph=True)[0]
    torch.testing.assert_close(found[0].t(), 2 * (rows - entries) / rows.numel())
    expected = torch.zeros(5, 3).index_add_(0, passed.codes[0, 0], 2 * (entries - rows) / rows.numel())
    torch.testing.assert_close(torch.autograd.grad(passed.losses["codebook"], quantizer.book.entries)[0], expected)


def test_latents_that_are_entries_cost_nothing() -> None:
    quantizer = VectorQuantizer.Config(codebook_size=5, width=3, learn="gradient").build()
    latents = quantizer.book.entries.detach().t()[None]
    passed = quantizer(latents)
    assert torch.equal(passed.codes, torch.arange(5)[None, None])
    assert float(passed.losses["commitment"]) == 0
    assert float(passed.reports["perplexity_1"]) == pytest.approx(5)
    assert float(passed.reports["usage_1"]) == 1


def test_items_without_streams_pass_as_they_are() -> None:
    quantizer = VectorQuantizer.Config(codebook_size=5, width=3).build().eval()
    latents = torch.randn(2, 3, 8)
    passed = quantizer(latents, streams=torch.tensor([0, 1]))
    assert torch.equal(passed.latents[0], latents[0])
    alone = quantizer(latents[1:])
    torch.testing.assert_close(passed.latents[1:], alone.latents)
    torch.testing.assert_close(passed.losses["commitment"], alone.losses["commitment"])


@pytest.mark.parametrize("learn", ["average", "gradient"])
def test_dead_entries_become_vectors_of_the_batch(learn: str) -> None:
    torch.manual_seed(0)
    settings = {"codebook_size": 4, "width": 3, "learn": learn, "decay": 0.5, "expiry": 0.1, "k_means": False}
    quantizer = VectorQuantizer.Config(**settings).build()
    with torch.no_grad():
        quantizer.book.entries[3] = 1000.0
    latents = torch.randn(2, 3, 64)
    for _ in range(8):
        quantizer(latents)
    assert quantizer.book.entries.abs().max() < 10
    assert len(quantizer.quantize(latents).unique()) == 4


@pytest.mark.parametrize("learn", ["average", "gradient"])
def test_a_start_by_k_means_happens_once(learn: str) -> None:
    torch.manual_seed(0)
    settings = {"codebook_size": 4, "width": 3, "learn": learn, "decay": 1.0, "expiry": 0.0, "k_means": True}
    quantizer = VectorQuantizer.Config(**settings).build()
    assert not quantizer.started
    latents = torch.randn(2, 3, 64) + 7
    quantizer(latents)
    assert quantizer.started
    first = quantizer.book.entries.detach().clone()
    assert (first.mean(0) - 7).abs().max() < 1
    quantizer(latents - 20)
    torch.testing.assert_close(quantizer.book.entries.detach(), first)


def test_an_entry_that_is_never_chosen_stays_where_it_is() -> None:
    book = AverageCodebook(CodebookSettings(codebook_size=2, width=2, decay=0.5, expiry=0.0))
    book.entries.copy_(torch.tensor([[0.0, 0.0], [9.0, 9.0]]))
    book.sums.copy_(book.entries)
    rows = torch.randn(16, 2) * 0.1
    for _ in range(20):
        book.learn(rows, book.nearest(rows))
    torch.testing.assert_close(book.entries[1], torch.tensor([9.0, 9.0]))


def test_a_saved_codebook_goes_on_exactly() -> None:
    torch.manual_seed(0)
    first, second = (VectorQuantizer.Config(codebook_size=8, width=3).build() for _ in range(2))
    first(torch.randn(2, 3, 64))
    second.load_state_dict(first.state_dict())
    latents = torch.randn(2, 3, 64)
    for quantizer in (first, second):
        torch.manual_seed(1)
        quantizer(latents)
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name


def test_latents_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match="needs \\[B, 3, F\\]"):
        VectorQuantizer.Config(codebook_size=8, width=3).build()(torch.randn(2, 4, 5))


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="codebook_size"):
        VectorQuantizer.Config(codebook_size=0).build()
    with pytest.raises(ValueError, match="orthogonal needs"):
        VectorQuantizer.Config(orthogonal=True).build()
