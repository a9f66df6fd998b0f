"""Finite scalar quantisation against vector-quantize-pytorch and by its definition."""

import itertools
import math

import pytest
import torch

from songloom.bottlenecks.scalar import FiniteScalarQuantizer

vqp = pytest.importorskip("vector_quantize_pytorch")

LEVELS = [(8, 5, 5, 5), (3, 4), (7, 5, 5, 5, 5)]


def own_width(*levels: int) -> FiniteScalarQuantizer:
    return FiniteScalarQuantizer.Config(levels=levels, width=len(levels)).build()


@pytest.mark.parametrize("levels", LEVELS)
def test_codes_outputs_and_gradients_are_those_of_the_reference(levels: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    ours, theirs = own_width(*levels), vqp.FSQ(levels=list(levels))
    latents = 2 * torch.randn(2, len(levels), 200)
    mine, other = latents.clone().requires_grad_(), latents.clone().requires_grad_()
    passed = ours(mine)
    quantised, codes = theirs(other.transpose(1, 2))
    assert torch.equal(passed.codes[:, 0], codes.long())
    torch.testing.assert_close(passed.latents.transpose(1, 2), quantised)
    torch.testing.assert_close(ours.dequantize(passed.codes).transpose(1, 2), theirs.indices_to_codes(codes))
    passed.latents.square().sum().backward()
    quantised.square().sum().backward()
    torch.testing.assert_close(mine.grad, other.grad)


def test_projections_are_those_of_the_reference() -> None:
    torch.manual_seed(0)
    ours = FiniteScalarQuantizer.Config(levels=(5, 4, 3), width=12).build().eval()
    theirs = vqp.FSQ(levels=[5, 4, 3], dim=12)
    theirs.project_in.load_state_dict(ours.inside.state_dict())
    theirs.project_out.load_state_dict(ours.outside.state_dict())
    latents = 3 * torch.randn(2, 12, 50)
    quantised, codes = theirs(latents.transpose(1, 2))
    passed = ours(latents)
    assert torch.equal(passed.codes[:, 0], codes.long())
    torch.testing.assert_close(passed.latents.transpose(1, 2), quantised)


@pytest.mark.parametrize("levels", [*LEVELS, (2, 2)])
def test_every_code_decodes_to_values_that_no_other_has(levels: tuple[int, ...]) -> None:
    quantizer = own_width(*levels)
    everything = torch.arange(math.prod(levels))[None, None]
    values = quantizer.dequantize(everything)[0].t()
    assert len(values.unique(dim=0)) == quantizer.codebook_size == math.prod(levels)
    assert values.min() == -1


def test_the_first_number_is_the_lowest_digit() -> None:
    values = own_width(3, 5).dequantize(torch.arange(15)[None, None])[0].t()
    digits = itertools.product((-1, -0.5, 0, 0.5, 1), (-1, 0, 1))
    assert values.tolist() == [[low, high] for high, low in digits]


@pytest.mark.parametrize("levels", [*LEVELS, (2, 2)])
def test_far_latents_take_the_outermost_levels(levels: tuple[int, ...]) -> None:
    quantizer = own_width(*levels)
    far = torch.full((1, len(levels), 1), 50.0)
    assert int(quantizer.quantize(-far)) == 0
    assert int(quantizer.quantize(far)) == quantizer.codebook_size - 1


def test_levels_that_are_none_are_refused() -> None:
    for levels in ((), (8, 1)):
        with pytest.raises(ValueError, match="levels"):
            FiniteScalarQuantizer.Config(levels=levels).build()
