"""Encoder and decoder of dilated residual units: the mirror images behind DAC and Stable Audio's VAE.

A stage of the encoder is three residual units (kernel 7, dilations 1, 3, 9), a snake, and a convolution of twice
its stride; the decoder goes the same way back. Kumar et al. 2023 (arXiv 2306.06546), section 3.1, after MelGAN
(arXiv 1910.06711) and SoundStream (arXiv 2107.03312). Where no gradients are recorded, each stage works on tiles of
time that stay in the processor's cache, read with what their receptive field needs on either side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from songloom.layers.passes import machine_code
from songloom.layers.snake import Snake
from songloom.layers.tiles import Chain, Stage
from songloom.layers.time_major import Conv, ConvUp

DILATIONS = (1, 3, 9)
UNITS_REACH = 3 * sum(DILATIONS)
"""Samples on either side that three residual units see."""

Activation = Callable[[int], Snake]
"""Makes the activation of a number of channels."""


class ResidualUnit(nn.Module):
    """x + mix(snake(dilated(snake(x)))): [B, C, T] -> [B, C, T]."""

    def __init__(self, width: int, dilation: int, activation: Activation) -> None:
        super().__init__()
        self.first = activation(width)
        self.dilated = Conv(width, width, 7, dilation=dilation)
        self.second = activation(width)
        self.mix = Conv(width, width, 1)

    def low(self, frames: Tensor) -> torch.dtype | None:
        """The type in which rows may come and go between products: None but where both convolutions are lowered and
        machine code takes them."""
        kinds = {self.dilated.kept.dtype, self.mix.kept.dtype}
        return kinds.pop() if len(kinds) == 1 and machine_code(frames, least=0) is not None else None

    def forward(self, frames: Tensor) -> Tensor:
        low, fast = self.low(frames), machine_code(frames, least=0)
        inner = self.dilated(frames, before=self.first.bend, after=self.second.bend, low=low)
        made = self.mix(inner, low=low)
        if low is None or fast is None:
            return made.add_(frames)
        whole: Tensor = fast.added(made.transpose(1, 2), frames.transpose(1, 2))
        return whole.transpose(1, 2)


class Enter(Stage):
    """A convolution from samples or latents to the first width."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int = 7) -> None:
        super().__init__(width=outputs, reach=kernel // 2)
        self.conv = Conv(inputs, outputs, kernel)

    def forward(self, frames: Tensor) -> Tensor:
        return self.conv(frames)


class Down(Stage):
    """Three units, a snake, a strided convolution: [B, C, T] -> [B, C', T / stride]."""

    def __init__(self, inputs: int, outputs: int, stride: int, activation: Activation) -> None:
        super().__init__(width=inputs, reach=math.ceil((UNITS_REACH + math.ceil(stride / 2)) / stride), down=stride)
        self.units = nn.ModuleList(ResidualUnit(inputs, dilation, activation) for dilation in DILATIONS)
        self.snake = activation(inputs)
        self.conv = Conv(inputs, outputs, 2 * stride, stride=stride)

    def forward(self, frames: Tensor) -> Tensor:
        for unit in self.units:
            frames = unit(frames)
        return self.conv(frames, before=self.snake.bend)


class Up(Stage):
    """A snake, a transposed convolution, three units: [B, C, T] -> [B, C', T * stride], or one fewer when the stride
    is odd."""

    def __init__(self, inputs: int, outputs: int, stride: int, activation: Activation) -> None:
        reach = (UNITS_REACH + 2 * stride - 1 - math.ceil(stride / 2)) // stride
        super().__init__(width=outputs, reach=reach, up=stride)
        self.snake = activation(inputs)
        self.conv = ConvUp(inputs, outputs, stride)
        self.units = nn.ModuleList(ResidualUnit(outputs, dilation, activation) for dilation in DILATIONS)

    def forward(self, frames: Tensor) -> Tensor:
        first = self.units[0]
        assert isinstance(first, ResidualUnit)
        frames = self.conv(frames, before=self.snake.bend, low=first.low(frames))
        for unit in self.units:
            frames = unit(frames)
        return frames


class Leave(Stage):
    """A snake and a convolution to latents or samples: [B, C, T] -> [B, C', T]."""

    def __init__(self, inputs: int, outputs: int, activation: Activation, *, kernel: int, bias: bool = True) -> None:
        super().__init__(width=inputs, reach=kernel // 2)
        self.snake = activation(inputs)
        self.conv = Conv(inputs, outputs, kernel, bias=bias)

    def forward(self, frames: Tensor) -> Tensor:
        return self.conv(frames, before=self.snake.bend)


class Encoder(Chain):
    """Samples [B, C, T], T a multiple of `down` -> latents [B, D, F]. `widths` are the channels before each stride
    and after the last one."""

    def __init__(
        self, channels: int, widths: Sequence[int], strides: Sequence[int], latents: int, activation: Activation
    ) -> None:
        pairs = zip(pairwise(widths), strides, strict=True)
        downs = [Down(before, after, stride, activation) for (before, after), stride in pairs]
        leave = Leave(widths[-1], latents, activation, kernel=3)
        super().__init__([Enter(channels, widths[0]), *downs, leave])


class Decoder(Chain):
    """Latents [B, D, F] -> samples [B, C, F * up], or a few less when strides are odd. `widths` are the channels
    before each stride and after the last one; `bias` is that of the last convolution."""

    def __init__(
        self,
        latents: int,
        widths: Sequence[int],
        strides: Sequence[int],
        channels: int,
        activation: Activation,
        *,
        bias: bool = True,
    ) -> None:
        pairs = zip(pairwise(widths), strides, strict=True)
        ups = [Up(before, after, stride, activation) for (before, after), stride in pairs]
        leave = Leave(widths[-1], channels, activation, kernel=7, bias=bias)
        super().__init__([Enter(latents, widths[0]), *ups, leave])
