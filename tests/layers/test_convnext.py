"""ConvNeXt layers against plain formulas."""

import torch
from torch.nn import functional

from songloom.layers.convnext import ConvNeXtBlock, ConvNeXtStack, DepthwiseConv


def test_the_depthwise_convolution_equals_a_sum_over_shifted_frames() -> None:
    torch.manual_seed(0)
    layer = DepthwiseConv(5, 3)
    frames = torch.randn(2, 7, 5)
    padded = functional.pad(frames, (0, 0, 1, 1))
    expected = sum(padded[:, k : k + 7] * layer.weight[:, 0, 0, k] for k in range(3)) + layer.bias
    torch.testing.assert_close(layer(frames), expected)


def test_a_block_of_scale_zero_changes_nothing() -> None:
    frames = torch.randn(1, 9, 8)
    torch.testing.assert_close(ConvNeXtBlock(8, scale=0.0)(frames), frames)


def test_a_frame_depends_on_its_context_and_on_nothing_else() -> None:
    torch.manual_seed(0)
    stack = ConvNeXtStack(4, 8, 3, depth=2, kernel=5)
    assert stack.context == 4
    frames = torch.randn(1, 21, 4, requires_grad=True)
    stack(frames)[0, 10].sum().backward()
    touched = frames.grad[0].abs().sum(1).nonzero().flatten().tolist()
    assert touched == list(range(6, 15))
