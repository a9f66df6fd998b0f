"""Quantizers in groups: against vector-quantize-pytorch's heads and grouped residual VQ, and by their parts."""

import pytest
import torch

from songloom.bottlenecks.bottleneck import BottleneckSettings
from songloom.bottlenecks.gaussian import GaussianBottleneck
from songloom.bottlenecks.grouped import GroupedQuantizer
from songloom.bottlenecks.residual import ResidualQuantizer
from songloom.bottlenecks.scalar import FiniteScalarQuantizer
from songloom.bottlenecks.vector import VectorQuantizer

vqp = pytest.importorskip("vector_quantize_pytorch")

PLAIN = {"k_means": False, "expiry": 0.0, "decay": 0.8}


def grouped(groups: int, inner: BottleneckSettings, *, width: int, shared: bool = False) -> GroupedQuantizer:
    torch.manual_seed(0)
    return GroupedQuantizer.Config(groups=groups, inner=inner, width=width, shared=shared).build()


@pytest.mark.parametrize("shared", [True, False])
def test_heads_code_decode_and_learn_as_those_of_the_reference(shared: bool) -> None:
    inner = VectorQuantizer.Config(codebook_size=10, width=4, **PLAIN)
    ours = grouped(3, inner, width=20, shared=shared)
    theirs = vqp.VectorQuantize(
        dim=20, codebook_dim=4, codebook_size=10, heads=3, separate_codebook_per_head=not shared, decay=0.8,
        threshold_ema_dead_code=0, rotation_trick=False,
    )  # fmt: skip
    theirs.project_in.load_state_dict(ours.inside.state_dict())
    theirs.project_out.load_state_dict(ours.outside.state_dict())
    for index, part in enumerate(ours.parts):
        part.book.entries.copy_(theirs._codebook.embed[index])
        part.book.sums.copy_(theirs._codebook.embed_avg[index])
    for _ in range(3):
        latents = torch.randn(2, 20, 30)
        passed = ours(latents)
        quantised, codes, loss = theirs(latents.transpose(1, 2))
        assert torch.equal(passed.codes.transpose(1, 2), codes)
        torch.testing.assert_close(passed.latents.transpose(1, 2), quantised, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(passed.losses["commitment"], loss.squeeze(), atol=1e-5, rtol=1e-4)
        for index, part in enumerate(ours.parts):
            torch.testing.assert_close(part.book.entries, theirs._codebook.embed[index], atol=1e-4, rtol=1e-4)


def test_grouped_residual_codes_are_those_of_the_reference() -> None:
    inner = ResidualQuantizer.Config(streams=3, codebook_size=10, width=6, **PLAIN)
    ours = grouped(2, inner, width=12).eval()
    theirs = vqp.GroupedResidualVQ(dim=12, groups=2, num_quantizers=3, codebook_size=10).eval()
    for part, other in zip(ours.parts, theirs.rvqs, strict=True):
        for book, layer in zip(part.books, other.layers, strict=True):
            book.entries.copy_(layer._codebook.embed[0])
    latents = torch.randn(2, 12, 40)
    quantised, codes, _ = theirs(latents.transpose(1, 2))
    passed = ours(latents)
    # Theirs are [group, B, F, stage]; ours run through the groups first.
    assert torch.equal(passed.codes, codes.permute(1, 3, 0, 2).flatten(1, 2))
    torch.testing.assert_close(passed.latents.transpose(1, 2), quantised)


def test_each_group_codes_its_own_part_of_the_latents() -> None:
    quantizer = grouped(2, VectorQuantizer.Config(codebook_size=8, width=3), width=6).eval()
    latents = torch.randn(1, 6, 20)
    codes = quantizer.quantize(latents)
    for index, part in enumerate(quantizer.parts):
        mine = latents[:, 3 * index : 3 * index + 3]
        assert torch.equal(codes[:, index : index + 1], part.quantize(mine))
        torch.testing.assert_close(
            quantizer.dequantize(codes)[:, 3 * index : 3 * index + 3], part.dequantize(codes[:, index : index + 1])
        )


@pytest.mark.parametrize("shared", [True, False])
def test_the_training_pass_shows_each_item_what_its_first_streams_decode_to(shared: bool) -> None:
    inner = ResidualQuantizer.Config(streams=2, codebook_size=8, width=4)
    quantizer = grouped(3, inner, width=10, shared=shared).eval()
    assert quantizer.streams == 6
    latents = torch.randn(7, 10, 5)
    passed = quantizer(latents, streams=torch.arange(7))
    torch.testing.assert_close(passed.latents[0], latents[0])
    for count in range(1, 7):
        codes = quantizer.quantize(latents[count : count + 1], streams=count)
        assert codes.shape == (1, count, 5)
        torch.testing.assert_close(passed.latents[count : count + 1], quantizer.dequantize(codes))


def test_groups_of_finite_scalars_are_those_of_the_reference() -> None:
    quantizer = grouped(3, FiniteScalarQuantizer.Config(levels=(5, 4), width=2), width=6)
    theirs = vqp.FSQ(levels=[5, 4], num_codebooks=3)
    latents = 2 * torch.randn(2, 6, 30)
    quantised, codes = theirs(latents.transpose(1, 2))
    passed = quantizer(latents)
    assert torch.equal(passed.codes.transpose(1, 2), codes.long())
    torch.testing.assert_close(passed.latents.transpose(1, 2), quantised)


def test_every_weight_has_a_gradient() -> None:
    inner = ResidualQuantizer.Config(streams=2, codebook_size=8, width=4, projection=2, cosine=True, learn="gradient")
    quantizer = grouped(2, inner, width=10)
    passed = quantizer(torch.randn(2, 10, 16))
    (passed.latents.square().mean() + sum(passed.losses.values())).backward()
    for name, weight in quantizer.named_parameters():
        assert weight.grad is not None and weight.grad.abs().sum() > 0, name


def test_parts_without_codes_are_refused() -> None:
    with pytest.raises(ValueError, match="no codes"):
        grouped(2, GaussianBottleneck.Config(width=4), width=8)
    with pytest.raises(ValueError, match="groups"):
        grouped(0, VectorQuantizer.Config(width=4), width=8)
