"""Convolutions over time whose frames lie in memory channel by channel: shapes [B, C, T], memory [B, T, C].

The matrix kernels behind a convolution on a CPU work on such frames as they are; the usual order (all samples of
a channel together) costs a copy on either side, and a strided or transposed convolution up to half its speed. A
wave as an image of height one is what reaches these kernels; weights kept in the same order pull the frames along.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


def time_major(frames: Tensor) -> Tensor:
    """The same frames [B, C, T], in memory [B, T, C]."""
    return frames.transpose(1, 2).contiguous().transpose(1, 2)


class Conv(nn.Conv1d):
    """`nn.Conv1d`, time-major: [B, C, T] -> [B, C', T']."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, dilation: int = 1, bias: bool = True
    ) -> None:
        padding = -(-stride // 2) if stride > 1 else dilation * (kernel // 2)
        super().__init__(inputs, outputs, kernel, stride=stride, padding=padding, dilation=dilation, bias=bias)
        self.weight.data = time_major(self.weight.data)

    def forward(self, input: Tensor) -> Tensor:
        image = functional.conv2d(
            input.unsqueeze(2),
            self.weight.unsqueeze(2),
            self.bias,
            stride=(1, self.stride[0]),
            padding=(0, int(self.padding[0])),
            dilation=(1, self.dilation[0]),
        )
        return image.squeeze(2)


class ConvUp(nn.ConvTranspose1d):
    """`nn.ConvTranspose1d` with a kernel of two strides, time-major: [B, C, T] -> [B, C', T * stride], one sample
    fewer for an odd stride."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__(inputs, outputs, 2 * stride, stride=stride, padding=-(-stride // 2))
        self.weight.data = time_major(self.weight.data)

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        image = functional.conv_transpose2d(
            input.unsqueeze(2),
            self.weight.unsqueeze(2),
            self.bias,
            stride=(1, self.stride[0]),
            padding=(0, int(self.padding[0])),
        )
        return image.squeeze(2)
