"""Convolutions over time that keep the number of frames: T samples become ceil(T / stride), F frames F * stride.

Padding as in EnCodec (Defossez et al. 2022, arXiv 2210.13438, section 3.1): a kernel of K positions (dilation
counted in) and a stride of S pad K - S, all of it in front where `causal`, else the larger half, and behind
what makes the last window full. A transposed convolution drops K - S of its samples in the same places.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn
from torch.nn import functional

Padding = Literal["zeros", "reflect", "replicate"]
Interval = tuple[int, int]
"""First and last position, both included."""


def padded(wave: Tensor, left: int, right: int, mode: Padding) -> Tensor:
    """[B, C, T] with positions added at both ends. A wave too short to be mirrored is first lengthened by zeros,
    which are then cut off again."""
    if not left and not right:
        return wave
    if mode != "reflect":
        return functional.pad(wave, (left, right), "constant" if mode == "zeros" else mode)
    short = max(0, max(left, right) + 1 - wave.shape[-1])
    mirrored = functional.pad(functional.pad(wave, (0, short)), (left, right), "reflect")
    return mirrored[..., : mirrored.shape[-1] - short]


class Conv1d(nn.Conv1d):
    """[B, C, T] -> [B, C', ceil(T / stride)], with an optional normalisation of the result."""

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
        total = (kernel - 1) * dilation + 1 - stride
        if total < 0:
            raise ValueError(f"kernel {kernel} with dilation {dilation} is shorter than its stride {stride}")
        self.behind = 0 if causal else total // 2
        self.front = total - self.behind
        self.mode = padding
        self.norm = norm

    def forward(self, wave: Tensor) -> Tensor:
        stride = self.stride[0]
        wave = padded(wave, self.front, self.behind + -wave.shape[-1] % stride, self.mode)
        made = functional.conv1d(wave, self.weight, self.bias, stride, dilation=self.dilation)
        return made if self.norm is None else self.norm(made)

    def sees(self, outputs: Interval) -> Interval:
        """The input positions that these output positions depend on."""
        first, last = (position * self.stride[0] - self.front for position in outputs)
        return first, last + (self.kernel_size[0] - 1) * self.dilation[0]


class TransposedConv1d(nn.ConvTranspose1d):
    """[B, C, F] -> [B, C', F * stride]; the optional normalisation sees the samples that are dropped, too."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int,
        causal: bool = False,
        norm: nn.Module | None = None,
    ) -> None:
        super().__init__(inputs, outputs, kernel, stride)
        total = kernel - stride
        if total < 0:
            raise ValueError(f"kernel {kernel} is shorter than its stride {stride}")
        self.front = 0 if causal else total - total // 2
        self.norm = norm

    def forward(self, frames: Tensor) -> Tensor:  # type: ignore[override]
        made = functional.conv_transpose1d(frames, self.weight, self.bias, self.stride)
        if self.norm is not None:
            made = self.norm(made)
        return made[..., self.front : self.front + frames.shape[-1] * self.stride[0]]

    def sees(self, outputs: Interval) -> Interval:
        """The input positions that these output positions depend on."""
        first, last = (position + self.front for position in outputs)
        return -((self.kernel_size[0] - 1 - first) // self.stride[0]), last // self.stride[0]
