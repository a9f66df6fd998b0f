"""Convolutions over time that keep the number of frames: T samples become ceil(T / stride), F frames F * stride.

Padding as in EnCodec (Defossez et al. 2022, arXiv 2210.13438, section 3.1): a kernel of K positions (dilation
counted in) and a stride of S pad K - S, all of it in front where `causal`, else the larger half, and behind
what makes the last window full. A transposed convolution drops K - S of its samples in the same places.

Waves stay in the layout [B, T, C] here, a row for each position: a CPU convolves it about half again as fast as
[B, C, T], and transposed and 1 x 1 convolutions are products of matrices without any copy.
"""

from __future__ import annotations

from typing import Literal

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.layers.narrow import narrow, narrowed

Padding = Literal["zeros", "reflect", "replicate"]
WIDE = 2048
"""Numbers in a stride from which two products are faster than a convolution, which must bring its kernel in order."""
Interval = tuple[int, int]
"""First and last position, both included."""


def padded(rows: Tensor, front: int, behind: int, mode: Padding) -> Tensor:
    """[B, T, C] with positions added at both ends. A wave too short to be mirrored is first lengthened by zeros,
    which are then cut off again."""
    if not front and not behind:
        return rows
    short = max(0, max(front, behind) + 1 - rows.shape[1]) if mode == "reflect" else 0
    rows = functional.pad(rows, (0, 0, 0, short)) if short else rows
    first, last = ends(rows, front, behind, mode)
    wide = torch.cat([first, rows, last], 1)
    return wide[:, : wide.shape[1] - short]


def ends(rows: Tensor, front: int, behind: int, mode: Padding) -> tuple[Tensor, Tensor]:
    """What padding puts before and after [B, T, C]; to be mirrored, T is more than either."""
    if mode == "zeros":
        return rows.new_zeros(len(rows), front, rows.shape[2]), rows.new_zeros(len(rows), behind, rows.shape[2])
    if mode == "replicate":
        return rows[:, :1].expand(-1, front, -1), rows[:, -1:].expand(-1, behind, -1)
    last = rows.shape[1] - 1
    return rows[:, 1 : front + 1].flip(1), rows[:, last - behind : last].flip(1)


class WholeNorm(nn.Module):
    """Group norm of one group (Wu & He 2018, arXiv 1803.08494): over all positions and channels of [B, T, C]."""

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.eps = eps

    def forward(self, rows: Tensor) -> Tensor:
        variance, mean = torch.var_mean(rows, (1, 2), correction=0, keepdim=True)
        scale = self.weight * (variance + self.eps).rsqrt()
        return torch.addcmul(self.bias - mean * scale, rows, scale)


class Conv1d(nn.Conv1d):
    """[B, T, C] -> [B, ceil(T / stride), C'], with an optional normalisation of the result. `weight` is [C', C,
    kernel], in memory as [C', kernel, C]."""

    bias: nn.Parameter

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        causal: bool = False,
        padding: Padding = "reflect",
        norm: nn.Module | None = None,
    ) -> None:
        super().__init__(inputs, outputs, kernel, stride, dilation=dilation)
        self.weight.data = self.weight.data.transpose(1, 2).contiguous().transpose(1, 2)
        total = (kernel - 1) * dilation + 1 - stride
        if total < 0:
            raise ValueError(f"kernel {kernel} with dilation {dilation} is shorter than its stride {stride}")
        self.behind = 0 if causal else total // 2
        self.front = total - self.behind
        self.mode = padding
        self.norm = norm

    def forward(self, rows: Tensor) -> Tensor:
        return self.convolved(self.padded(rows))

    def padded(self, rows: Tensor) -> Tensor:
        """[B, T, C] with what this convolution needs at both ends."""
        return padded(rows, self.front, self.behind + -rows.shape[1] % self.stride[0], self.mode)

    def convolved(self, rows: Tensor) -> Tensor:
        """The frames of padded rows."""
        if self.kernel_size[0] == 2 * self.stride[0] and self.stride[0] * self.in_channels >= WIDE:
            made = self._multiplied(rows)
        else:
            made = self._convolved(rows)
        return made if self.norm is None else self.norm(made)

    def _convolved(self, rows: Tensor) -> Tensor:
        if self.stride[0] == self.dilation[0] == 1 and narrow(rows, self.weight):
            return narrowed(rows, self.weight, self.bias)
        image = rows.transpose(1, 2).unsqueeze(2)  # of height one, channels last
        weight, steps, spread = self.weight.unsqueeze(2), (1, self.stride[0]), (1, self.dilation[0])
        return functional.conv2d(image, weight, self.bias, steps, dilation=spread).squeeze(2).transpose(1, 2)

    def _multiplied(self, rows: Tensor) -> Tensor:
        """A kernel of two strides as two products: a frame is made of its stride of samples and of the next one."""
        first, second = self.weight.transpose(1, 2).flatten(1).chunk(2, 1)
        groups = rearrange(rows, "b (f s) c -> b f (s c)", s=self.stride[0])
        made = functional.linear(groups[:, :-1], first, self.bias)
        groups, second = groups.to(made), second.t().to(made)
        for item in range(len(rows)):
            made[item].addmm_(groups[item, 1:], second)
        return made

    def sees(self, outputs: Interval) -> Interval:
        """The input positions that these output positions depend on."""
        first, last = (position * self.stride[0] - self.front for position in outputs)
        return first, last + (self.kernel_size[0] - 1) * self.dilation[0]


class TransposedConv1d(nn.Module):
    """[B, F, C] -> [B, F * stride, C'] with a kernel of two strides; the optional normalisation sees the samples
    that are dropped, too. `weight` is [C, C', kernel], in memory as [C, kernel, C']."""

    def __init__(
        self, inputs: int, outputs: int, *, stride: int, causal: bool = False, norm: nn.Module | None = None
    ) -> None:
        super().__init__()
        weight = torch.empty(inputs, 2 * stride, outputs).uniform_(-1, 1) / (2 * stride * outputs) ** 0.5
        self.weight = nn.Parameter(weight.transpose(1, 2))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.stride = stride
        self.front = 0 if causal else stride - stride // 2
        self.norm = norm

    def forward(self, rows: Tensor) -> Tensor:
        # A frame's first half falls on its own stride of samples, its second half on the next frame's.
        first, second = self.weight.transpose(1, 2).flatten(1).chunk(2, 1)
        items, frames, _ = rows.shape
        if self.front or self.norm is not None:
            rows = functional.pad(rows, (0, 0, 0, 1))
        made = functional.linear(rows, first.t(), self.bias.repeat(self.stride))
        rows, second = rows.to(made), second.to(made)
        for item in range(items):
            made[item, 1:].addmm_(rows[item, :-1], second)
        made = rearrange(made, "b f (s c) -> b (f s) c", s=self.stride)
        if self.norm is not None:
            made = self.norm(made)
        return made[:, self.front : self.front + frames * self.stride]

    def sees(self, outputs: Interval) -> Interval:
        """The input positions that these output positions depend on."""
        first, last = (position + self.front for position in outputs)
        return first // self.stride - 1, last // self.stride
