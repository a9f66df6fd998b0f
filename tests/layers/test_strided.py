"""Strided stacks keep whole frames, and see exactly as far as they say."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from songloom.layers.strided import DilatedBlock, DownStack, UpStack


def positive(network: nn.Module) -> nn.Module:
    """All weights above zero, so that no path to an input is cut off by chance."""
    for parameter in network.parameters():
        nn.init.constant_(parameter, 0.1)
    return network.double()


def seen(network: nn.Module, length: int, place: int, count: int) -> tuple[int, int]:
    """First and last position of an input of `length` that positions `place` to `place + count` depend on."""
    given = torch.ones(1, 1, length, dtype=torch.float64, requires_grad=True)
    network(given)[0, 0, place : place + count].sum().backward()
    assert given.grad is not None
    places = given.grad[0, 0].nonzero()
    return int(places.min()), int(places.max())


@pytest.mark.parametrize(("halvings", "depth", "growth"), [(1, 0, 3), (1, 2, 3), (2, 2, 2), (3, 1, 3)])
def test_an_encoder_sees_as_far_as_its_reach(halvings: int, depth: int, growth: int) -> None:
    stack = DownStack(1, 2, 1, halvings=halvings, depth=depth, growth=growth)
    hop, frame = 2**halvings, 64
    first, last = seen(positive(stack), 128 * hop, frame, 1)
    assert first == frame * hop - stack.reach()
    assert last == (frame + 1) * hop - 1 + stack.reach()


@pytest.mark.parametrize(("doublings", "depth", "growth"), [(1, 0, 3), (1, 2, 3), (2, 2, 2), (3, 1, 3)])
def test_a_decoder_sees_as_far_as_its_reach(doublings: int, depth: int, growth: int) -> None:
    stack = UpStack(1, 2, 1, doublings=doublings, depth=depth, growth=growth)
    hop, frame = 2**doublings, 64
    first, last = seen(positive(stack), 128, frame * hop, hop)
    assert first == frame - stack.reach()
    assert last == frame + stack.reach()


@pytest.mark.parametrize("frames", [1, 2, 7])
def test_there_and_back_keeps_the_length(frames: int) -> None:
    down, up = DownStack(2, 4, 3, halvings=3, depth=2), UpStack(3, 4, 2, doublings=3, depth=2)
    latents = down(torch.randn(2, 2, 8 * frames))
    assert latents.shape == (2, 3, frames)
    assert up(latents).shape == (2, 2, 8 * frames)


def test_dilations_grow_in_the_encoder_and_shrink_in_the_decoder() -> None:
    def found(stack: nn.ModuleList) -> list[int]:
        return [block.wide.dilation[0] for block in stack[0]]

    assert found(DownStack(1, 2, 2, halvings=1, depth=4).blocks) == [1, 3, 9, 27]
    assert found(UpStack(2, 2, 1, doublings=1, depth=4).blocks) == [27, 9, 3, 1]


def test_a_block_is_a_skip_around_two_convolutions() -> None:
    block, inner = DilatedBlock(2, 3), torch.randn(1, 2, 9)

    def by_hand(wave: Tensor) -> Tensor:
        wave = wave.clamp_min(0)
        out = torch.zeros(2, 9)
        for place in range(9):
            for tap in range(3):
                at = place + 3 * (tap - 1)
                if 0 <= at < 9:
                    out[:, place] += block.wide.weight[:, :, tap] @ wave[0, :, at]
        out = (out + block.wide.bias[:, None]).clamp_min(0)
        return block.narrow.weight[:, :, 0] @ out + block.narrow.bias[:, None]

    torch.testing.assert_close(block(inner)[0], inner[0] + by_hand(inner))
