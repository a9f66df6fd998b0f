"""The vocoder gives a hop for each frame and sees no further than it says."""

from __future__ import annotations

import pytest
import torch

from songloom.layers.vocoder import Vocoder

SHAPES = [
    {"rates": (4, 2), "kernels": (8, 4)},
    {"rates": (5, 2), "kernels": (16, 4)},  # of different parity: the reference makes more samples than hops
    {"rates": (3,), "kernels": (3,)},
]


def vocoder(**shape: tuple[int, ...]) -> Vocoder:
    torch.manual_seed(0)
    return Vocoder(6, 8, block_kernels=(3, 5), dilations=(1, 2), **shape).double().eval()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("frames", [1, 2, 30])
def test_every_frame_becomes_a_hop_of_samples(shape: dict, frames: int) -> None:
    network = vocoder(**shape)
    assert network(torch.randn(2, 6, frames).double()).shape == (2, 1, frames * network.hop_length)


@pytest.mark.parametrize("shape", SHAPES)
def test_samples_depend_on_frames_within_the_context_alone(shape: dict) -> None:
    network, frames = vocoder(**shape), torch.randn(1, 6, 80).double()
    wave, context, hop = network(frames), network.context, network.hop_length
    middle = network(frames[..., 40 - context : 41 + context])[..., context * hop : (context + 1) * hop]
    torch.testing.assert_close(middle, wave[..., 40 * hop : 41 * hop], atol=1e-12, rtol=0)
    start = network(frames[..., : 10 + context])[..., : 10 * hop]
    torch.testing.assert_close(start, wave[..., : 10 * hop], atol=1e-12, rtol=0)


def test_frames_are_normalised_first() -> None:
    network, frames = vocoder(rates=(4,), kernels=(8,)), torch.randn(1, 6, 9).double()
    plain = network(frames)
    network.mean.copy_(torch.arange(6.0))
    network.scale.copy_(torch.arange(1.0, 7.0))
    scaled = frames * network.scale[:, None] + network.mean[:, None]
    torch.testing.assert_close(network(scaled), plain)


@pytest.mark.parametrize(
    "wrong", [{"rates": (4, 2), "kernels": (8,)}, {"rates": (4,), "kernels": (3,)}, {"rates": (4,), "kernels": ()}]
)
def test_kernels_that_do_not_fit_the_rates_are_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match="rates"):
        Vocoder(6, 8, **wrong)


def test_an_even_block_kernel_is_refused() -> None:
    with pytest.raises(ValueError, match="odd"):
        Vocoder(6, 8, rates=(2,), kernels=(4,), block_kernels=(4,))
