"""HiFi-GAN's generator: mel frames to a waveform by transposed convolutions and many receptive fields.

Kong et al. 2020, "HiFi-GAN" (arXiv 2010.05646), section 2.2: after every upsampling the mean of residual
stacks with several kernels and dilations. The leaky ReLU before the last convolution has slope 0.01, as in the
authors' code, all others `slope`. Weights are plain: weight norm is folded when a checkpoint is read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

EDGE = 3
"""Half the kernel of the first and the last convolution."""
LAST_SLOPE = 0.01


class ReceptiveBlock(nn.Module):
    """Pairs of a dilated and a plain convolution, each pair around a skip: [B, C, T] -> [B, C, T]."""

    def __init__(self, width: int, kernel: int, dilations: Sequence[int], slope: float) -> None:
        super().__init__()
        self.slope = slope
        self.dilated = nn.ModuleList(
            nn.Conv1d(width, width, kernel, dilation=dilation, padding=dilation * (kernel // 2))
            for dilation in dilations
        )
        self.plain = nn.ModuleList(nn.Conv1d(width, width, kernel, padding=kernel // 2) for _ in dilations)

    def forward(self, inner: Tensor) -> Tensor:
        for dilated, plain in zip(self.dilated, self.plain, strict=True):
            seen = dilated(functional.leaky_relu(inner, self.slope))
            inner = inner + plain(functional.leaky_relu(seen, self.slope))
        return inner


class Fusion(nn.ModuleList):
    """The mean of residual blocks with several kernels (multi-receptive field fusion): [B, C, T] -> [B, C, T]."""

    def __init__(self, width: int, kernels: Sequence[int], dilations: Sequence[int], slope: float) -> None:
        super().__init__(ReceptiveBlock(width, kernel, dilations, slope) for kernel in kernels)

    def forward(self, inner: Tensor) -> Tensor:
        total = torch.zeros_like(inner)
        for block in self:
            total = total + block(inner)
        return total / len(self)


class Vocoder(nn.Module):
    """Log-mel frames [B, M, F] -> wave [B, 1, F * hop], hop the product of `rates`.

    The width begins at `width` and halves at every stage. `mean` and `scale` [M] normalise the frames first.
    """

    mean: Tensor
    scale: Tensor

    def __init__(
        self,
        bands: int,
        width: int,
        *,
        rates: Sequence[int],
        kernels: Sequence[int],
        block_kernels: Sequence[int] = (3, 7, 11),
        dilations: Sequence[int] = (1, 3, 5),
        slope: float = 0.1,
    ) -> None:
        super().__init__()
        if len(rates) != len(kernels) or any(kernel < rate for kernel, rate in zip(kernels, rates, strict=True)):
            raise ValueError(
                f"upsampling rates {tuple(rates)} with kernels {tuple(kernels)}; needs one no shorter each"
            )
        if any(kernel % 2 == 0 for kernel in block_kernels):
            raise ValueError(f"block kernels are {tuple(block_kernels)}; they must be odd")
        self.rates, self.kernels, self.slope = tuple(rates), tuple(kernels), slope
        self.block_kernels, self.dilations = tuple(block_kernels), tuple(dilations)
        self.register_buffer("mean", torch.zeros(bands))
        self.register_buffer("scale", torch.ones(bands))
        widths = [width >> stage for stage in range(len(rates) + 1)]
        self.enter = nn.Conv1d(bands, width, 2 * EDGE + 1, padding=EDGE)
        self.ups = nn.ModuleList(
            nn.ConvTranspose1d(before, after, kernel, rate, padding=(kernel - rate) // 2)
            for (before, after), kernel, rate in zip(pairwise(widths), kernels, rates, strict=True)
        )
        self.blocks = nn.ModuleList(Fusion(after, block_kernels, dilations, slope) for after in widths[1:])
        self.leave = nn.Conv1d(widths[-1], 1, 2 * EDGE + 1, padding=EDGE)

    @property
    def hop_length(self) -> int:
        """Samples per frame."""
        return math.prod(self.rates)

    @property
    def context(self) -> int:
        """Frames on either side that a sample depends on."""
        block = max((kernel // 2) * sum(dilation + 1 for dilation in self.dilations) for kernel in self.block_kernels)
        reach = EDGE
        for rate, kernel in zip(reversed(self.rates), reversed(self.kernels), strict=True):
            padding = (kernel - rate) // 2
            reach = math.ceil((reach + block + max(padding, kernel - 1 - padding)) / rate)
        return reach + EDGE

    def forward(self, frames: Tensor) -> Tensor:
        inner = self.enter((frames - self.mean[:, None]) / self.scale[:, None])
        for up, fusion in zip(self.ups, self.blocks, strict=True):
            inner = fusion(up(functional.leaky_relu(inner, self.slope)))
        wave = torch.tanh(self.leave(functional.leaky_relu(inner, LAST_SLOPE)))
        # A kernel and a rate of different parity make a few samples more.
        return wave[..., : frames.shape[-1] * self.hop_length]
