"""Convolutions over time whose frames lie in memory channel by channel: shapes [B, C, T], memory [B, T, C].

The matrix kernels behind a convolution on a CPU work on such frames as they are; the usual order (all samples of
a channel together) costs a copy on either side, and a strided or transposed convolution up to half its speed. A
wave as an image of height one is what reaches these kernels; weights kept in the same order pull the frames along.
Where no gradients are recorded, wide convolutions on a CPU take fewer products than their taps (`minimal_filtering`);
one of twice its stride is a filter of two taps over rows of `stride` frames.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.layers.minimal_filtering import TAPS, Scheme, scheme

WIDE = 64
"""Channels from which fewer products are worth the additions."""
LONG = 256
"""Frames from which they are: a product of few rows is bound by reading the filter, which then is larger."""


def time_major(frames: Tensor) -> Tensor:
    """The same frames [B, C, T], in memory [B, T, C]."""
    return frames.transpose(1, 2).contiguous().transpose(1, 2)


def spares(frames: Tensor, weight: Tensor, *, taps: int, stride: int = 1) -> bool:
    """Whether fewer products are worth it for frames [B, C, T]."""
    exact = frames.device.type == "cpu" and frames.dtype == weight.dtype and frames.dtype.itemsize >= 4
    large = min(weight.shape[:2]) >= WIDE and frames.shape[-1] >= LONG * stride
    return taps in TAPS and exact and large and not torch.is_grad_enabled()


class Kept:
    """The values of a filter for fewer products, made anew when its weights have changed."""

    def __init__(self) -> None:
        self.mark: object = None
        self.values = torch.empty(0)

    def of(self, weight: Tensor, taps: Callable[[], Tensor], plan: Scheme) -> Tensor:
        """The values [n, C, C'] of taps [r, C, C'], made of `weight`."""
        mark = (weight.data_ptr(), weight.dtype, 0 if weight.is_inference() else weight._version)
        if self.mark != mark:
            self.mark, self.values = mark, plan.transformed(taps().detach())
        return self.values


class Conv(nn.Conv1d):
    """`nn.Conv1d`, time-major: [B, C, T] -> [B, C', T']. Its kernel is odd, or twice its stride."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, dilation: int = 1, bias: bool = True
    ) -> None:
        padding = -(-stride // 2) if stride > 1 else dilation * (kernel // 2)
        super().__init__(inputs, outputs, kernel, stride=stride, padding=padding, dilation=dilation, bias=bias)
        self.weight.data = time_major(self.weight.data)
        self.kept = Kept()

    def taps(self) -> Tensor:
        """The filter [r, C, C'] over rows of `stride` frames."""
        return rearrange(self.weight, "o i (k s) -> k (s i) o", s=self.stride[0])

    def forward(self, input: Tensor) -> Tensor:
        stride, dilation, padding = self.stride[0], self.dilation[0], int(self.padding[0])
        taps = self.kernel_size[0] // stride
        if self.kernel_size[0] == 1:
            return functional.linear(input.transpose(1, 2), self.weight[..., 0], self.bias).transpose(1, 2)
        if spares(input, self.weight, taps=taps, stride=stride):
            plan = scheme(taps)
            frames = (input.shape[-1] + 2 * padding - dilation * (self.kernel_size[0] - 1) - 1) // stride + 1
            rows = plan.rows(frames, dilation) * stride
            padded = functional.pad(input.transpose(1, 2), (0, 0, padding, rows - padding - input.shape[-1]))
            folded = rearrange(padded, "b (t s) c -> b t (s c)", s=stride)
            made = plan.filtered(folded, self.kept.of(self.weight, self.taps, plan), self.bias, dilation=dilation)
            return made[:, :frames].transpose(1, 2)
        image = functional.conv2d(
            input.unsqueeze(2),
            self.weight.unsqueeze(2),
            self.bias,
            stride=(1, stride),
            padding=(0, padding),
            dilation=(1, dilation),
        )
        return image.squeeze(2)


class ConvUp(nn.ConvTranspose1d):
    """`nn.ConvTranspose1d` with a kernel of two strides, time-major: [B, C, T] -> [B, C', T * stride], one sample
    fewer for an odd stride."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__(inputs, outputs, 2 * stride, stride=stride, padding=-(-stride // 2))
        self.weight.data = time_major(self.weight.data)
        self.kept = Kept()

    def taps(self) -> Tensor:
        """The filter [2, C, C'] over frames: a row of `stride` outputs comes from the frame before it and its own."""
        return rearrange(self.weight, "i o (k s) -> k i (s o)", k=2).flip(0)

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        stride, padding, frames = self.stride[0], int(self.padding[0]), input.shape[-1]
        if spares(input, self.weight, taps=2):
            plan = scheme(2)
            padded = functional.pad(input.transpose(1, 2), (0, 0, 1, plan.rows(frames + 1, 1) - 1 - frames))
            bias = None if self.bias is None else self.bias.repeat(stride)
            made = plan.filtered(padded, self.kept.of(self.weight, self.taps, plan), bias)
            made = rearrange(made, "b t (s c) -> b (t s) c", s=stride)
            return made[:, padding : (frames + 1) * stride - padding].transpose(1, 2)
        image = functional.conv_transpose2d(
            input.unsqueeze(2), self.weight.unsqueeze(2), self.bias, stride=(1, stride), padding=(0, padding)
        )
        return image.squeeze(2)
