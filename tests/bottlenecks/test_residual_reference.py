"""Residual quantisation against vector-quantize-pytorch and transformers' DAC and EnCodec, with the same weights."""

from typing import Any

import pytest
import torch
from torch import Tensor

from songloom.bottlenecks.residual import ResidualQuantizer

PLAIN = {"streams": 4, "codebook_size": 16, "k_means": False, "expiry": 0.0, "decay": 0.8}


def pair(*, cosine: bool) -> tuple[ResidualQuantizer, Any]:
    """Ours and vector-quantize-pytorch's, 6 wide, with the same entries."""
    vqp = pytest.importorskip("vector_quantize_pytorch")
    torch.manual_seed(0)
    theirs = vqp.ResidualVQ(
        dim=6, num_quantizers=4, codebook_size=16, decay=0.8, threshold_ema_dead_code=0, use_cosine_sim=cosine,
        quantize_dropout=True, quantize_dropout_cutoff_index=4, rotation_trick=False,
    )  # fmt: skip
    theirs.quantize_dropout = False  # only so that it decodes fewer stages
    ours = ResidualQuantizer.Config(width=6, cosine=cosine, **PLAIN).build()
    for book, layer in zip(ours.books, theirs.layers, strict=True):
        book.entries.copy_(layer._codebook.embed[0])
        book.sums.copy_(layer._codebook.embed_avg[0])
    return ours, theirs


@pytest.mark.parametrize("cosine", [False, True])
def test_codes_outputs_and_averages_are_those_of_the_reference(cosine: bool) -> None:
    ours, theirs = pair(cosine=cosine)
    for _ in range(3):
        latents = torch.randn(3, 6, 40)
        quantised, codes, _ = theirs(latents.transpose(1, 2))
        passed = ours(latents)
        assert torch.equal(passed.codes.transpose(1, 2), codes)
        torch.testing.assert_close(passed.latents.transpose(1, 2), quantised, atol=1e-5, rtol=1e-4)
        for book, layer in zip(ours.books, theirs.layers, strict=True):
            torch.testing.assert_close(book.entries, layer._codebook.embed[0], atol=1e-4, rtol=1e-4)


def test_any_number_of_stages_decodes_as_in_the_reference() -> None:
    ours, theirs = pair(cosine=False)
    theirs.quantize_dropout = True
    codes = torch.randint(16, (2, 4, 9))
    for count in range(1, 5):
        expected = theirs.get_output_from_indices(codes[:, :count].transpose(1, 2))
        torch.testing.assert_close(ours.dequantize(codes[:, :count]).transpose(1, 2), expected)


def dac_pair() -> tuple[ResidualQuantizer, Any]:
    """Ours and transformers' DAC quantizer, 12 wide, 3 books of 16 entries of 4 numbers."""
    dac = pytest.importorskip("transformers.models.dac.modeling_dac")
    torch.manual_seed(0)
    sizes = {"n_codebooks": 3, "codebook_size": 16, "codebook_dim": 4, "hidden_size": 12, "quantizer_dropout": 0.0}
    theirs = dac.DacResidualVectorQuantizer(dac.DacConfig(**sizes))
    theirs.quantizer_dropout = 0.0
    ours = ResidualQuantizer.Config(
        streams=3, codebook_size=16, width=12, projection=4, cosine=True, learn="gradient"
    ).build()
    with torch.no_grad():
        for book, layer in zip(ours.books, theirs.quantizers, strict=True):
            book.entries.copy_(layer.codebook.weight)
            for mine, other in ((book.inside, layer.in_proj), (book.outside, layer.out_proj)):
                mine.weight.copy_(other.weight[..., 0])
                mine.bias.copy_(other.bias)
    return ours, theirs


def test_factorised_codes_losses_and_gradients_are_those_of_dac() -> None:
    ours, theirs = dac_pair()
    latents = torch.randn(2, 12, 30)
    mine, other = latents.clone().requires_grad_(), latents.clone().requires_grad_()
    quantised, codes, _, commitment, codebook = theirs(other)[:5]
    passed = ours(mine)
    assert torch.equal(passed.codes, codes)
    torch.testing.assert_close(passed.latents, quantised)
    torch.testing.assert_close(passed.losses["commitment"], commitment.mean())
    torch.testing.assert_close(passed.losses["codebook"], codebook.mean())
    (quantised.square().mean() + commitment.mean() + codebook.mean()).backward()
    (passed.latents.square().mean() + sum(passed.losses.values())).backward()
    torch.testing.assert_close(mine.grad, other.grad)
    for book, layer in zip(ours.books, theirs.quantizers, strict=True):
        torch.testing.assert_close(book.entries.grad, layer.codebook.weight.grad)
        torch.testing.assert_close(book.inside.weight.grad, layer.in_proj.weight.grad[..., 0])
        torch.testing.assert_close(book.outside.bias.grad, layer.out_proj.bias.grad)


def test_factorised_codes_decode_as_in_dac() -> None:
    ours, theirs = dac_pair()
    codes = torch.randint(16, (2, 3, 9))
    for count in (1, 2, 3):
        torch.testing.assert_close(ours.dequantize(codes[:, :count]), theirs.from_codes(codes[:, :count])[0])


def test_codes_are_those_of_encodec() -> None:
    encodec = pytest.importorskip("transformers.models.encodec.modeling_encodec")
    torch.manual_seed(0)
    config = encodec.EncodecConfig(codebook_size=16, codebook_dim=6, hidden_size=6)
    theirs = encodec.EncodecResidualVectorQuantizer(config)
    for layer in theirs.layers:
        layer.codebook.embed.normal_()
    ours = ResidualQuantizer.Config(streams=len(theirs.layers), codebook_size=16, width=6).build().eval()
    for book, layer in zip(ours.books, theirs.layers, strict=True):
        book.entries.copy_(layer.codebook.embed)
    latents: Tensor = torch.randn(2, 6, 40)
    codes = theirs.encode(latents, bandwidth=None).transpose(0, 1)
    assert torch.equal(ours.quantize(latents, streams=codes.shape[1]), codes)
    torch.testing.assert_close(ours.dequantize(codes), theirs.decode(codes.transpose(0, 1)))


def test_stagewise_commitment_is_the_sum_over_the_stages_of_the_reference() -> None:
    _, theirs = pair(cosine=False)
    ours = ResidualQuantizer.Config(width=6, stagewise=True, **PLAIN).build()
    for book, layer in zip(ours.books, theirs.layers, strict=True):
        book.entries.copy_(layer._codebook.embed[0])
    latents = torch.randn(2, 6, 30)
    mine, other = latents.clone().requires_grad_(), latents.clone().requires_grad_()
    passed = ours(mine)
    *_, losses = theirs(other.transpose(1, 2))
    torch.testing.assert_close(passed.losses["commitment"], losses.sum())
    passed.losses["commitment"].backward()
    losses.sum().backward()
    torch.testing.assert_close(mine.grad, other.grad)
