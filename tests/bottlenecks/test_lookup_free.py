"""Look-up-free quantisation against vector-quantize-pytorch, and its entropies against brute force."""

import math

import pytest
import torch

from songloom.bottlenecks.lookup_free import LookupFreeQuantizer, entropy_of_average, entropy_of_each

vqp = pytest.importorskip("vector_quantize_pytorch")


@pytest.mark.parametrize("width", [6, 10])
def test_codes_outputs_losses_and_gradients_are_those_of_the_reference(width: int) -> None:
    torch.manual_seed(0)
    ours = LookupFreeQuantizer.Config(bits=6, width=width, temperature=0.5, diversity=0.7).build().train()
    theirs = vqp.LFQ(
        dim=width, codebook_size=64, entropy_loss_weight=1.0, commitment_loss_weight=1.0, diversity_gamma=0.7
    ).train()
    if width != 6:
        theirs.project_in.load_state_dict(ours.inside.state_dict())
        theirs.project_out.load_state_dict(ours.outside.state_dict())
    latents = torch.randn(2, width, 40)
    mine, other = latents.clone().requires_grad_(), latents.clone().requires_grad_()
    passed = ours(mine)
    quantised, codes, loss = theirs(other.transpose(1, 2), inv_temperature=2.0)
    assert torch.equal(passed.codes[:, 0], codes)
    torch.testing.assert_close(passed.latents.transpose(1, 2), quantised)
    torch.testing.assert_close(passed.losses["entropy"] + passed.losses["commitment"], loss, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(ours.dequantize(passed.codes).transpose(1, 2), theirs.indices_to_codes(codes))
    (passed.latents.square().mean() + passed.losses["entropy"] + passed.losses["commitment"]).backward()
    (quantised.square().mean() + loss).backward()
    torch.testing.assert_close(mine.grad, other.grad, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("bits", [1, 2, 5])
def test_entropies_are_those_of_a_table_of_all_codes(bits: int) -> None:
    torch.manual_seed(0)
    logits = 3 * torch.randn(30, bits, dtype=torch.float64)
    table = torch.ones(30, 1, dtype=torch.float64)
    for column in logits.sigmoid().unbind(1):
        table = torch.stack([table * (1 - column[:, None]), table * column[:, None]], -1).flatten(1)
    each = torch.special.entr(table).sum(1).mean()
    torch.testing.assert_close(entropy_of_each(logits), each)
    torch.testing.assert_close(entropy_of_average(logits), torch.special.entr(table.mean(0)).sum(), atol=1e-5, rtol=0)


def test_certain_and_even_codes_have_the_least_entropy_loss() -> None:
    quantizer = LookupFreeQuantizer.Config(bits=4, width=4).build()
    every = quantizer.dequantize(torch.arange(16)[None, None])
    passed = quantizer(every)
    assert float(passed.losses["entropy"]) == pytest.approx(-math.log(16), abs=1e-4)
    assert float(passed.reports["frame_entropy"]) == pytest.approx(0, abs=1e-6)
    assert float(passed.losses["commitment"]) == 0
    assert float(passed.reports["perplexity_1"]) == pytest.approx(16, rel=1e-5)


def test_the_entropy_objective_spreads_codes() -> None:
    torch.manual_seed(0)
    quantizer = LookupFreeQuantizer.Config(bits=5, width=5, temperature=1.0).build()
    latents = (0.05 * torch.randn(1, 5, 256) + 1.0).requires_grad_()
    optimizer = torch.optim.Adam([latents], lr=0.05)
    before = len(quantizer.quantize(latents).unique())
    for _ in range(200):
        optimizer.zero_grad()
        quantizer(latents).losses["entropy"].backward()
        optimizer.step()
    assert before == 1
    assert len(quantizer.quantize(latents).unique()) == 32


def test_extreme_numbers_have_finite_gradients() -> None:
    latents = torch.tensor([-1e4, -1.0, 0.0, 1e4]).reshape(1, 4, 1).requires_grad_()
    LookupFreeQuantizer.Config(bits=4, width=4).build()(latents).losses["entropy"].backward()
    assert latents.grad is not None and latents.grad.isfinite().all()


def test_bits_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="bits"):
        LookupFreeQuantizer.Config(bits=0).build()
