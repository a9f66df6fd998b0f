"""Convolutions in whole numbers: weights and frames rounded to 8 bits, sums exact in 32 bits.

A processor with dot products of bytes does four times as many of them as float32 ones. Each output channel has its
own scale of weights; frames have one scale for all that comes at once, so that silence and fortissimo in different
tiles are each rounded by their own loudness. The error is about 1/70 of a convolution's output (37 dB below it);
`inference.precision` chooses the convolutions that may have it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom.layers.time_major import Conv

LEVELS = 127
MIDDLE = 128
"""The byte that stands for 0: oneDNN takes unsigned frames."""


def available() -> bool:
    """Whether this build of torch has oneDNN's convolutions of bytes."""
    return hasattr(torch.ops.onednn, "qconv2d_pointwise")


class Int8Conv(nn.Module):
    """A stand-in for a time-major `Conv` of stride 1 where no gradients are wanted: [B, C, T] -> [B, C', T]."""

    weight: Tensor

    def __init__(self, conv: Conv) -> None:
        super().__init__()
        if conv.stride[0] != 1:
            raise ValueError(f"the stride is {conv.stride[0]}; only convolutions of stride 1 are worked in bytes")
        self.dilation, self.padding = conv.dilation[0], int(conv.padding[0])
        weight = conv.weight.detach().float()
        self.scale = (weight.abs().amax((1, 2)) / LEVELS).clamp_min(1e-12)
        steps = (weight / self.scale[:, None, None]).round().clamp(-LEVELS, LEVELS).to(torch.int8)
        self.bias = None if conv.bias is None else conv.bias.detach().float()
        self.zeros = torch.zeros(len(weight), dtype=torch.int32)
        step, spread = [1, 1], [1, self.dilation]
        self.packed = torch.ops.onednn.qconv_prepack(
            steps.unsqueeze(2), self.scale, 1.0, MIDDLE, step, [0, 0], spread, 1
        )

    def forward(self, frames: Tensor) -> Tensor:
        low, high = torch.aminmax(frames)
        step = max(-float(low), float(high), 1e-10) / LEVELS
        rows = frames.transpose(1, 2)
        # Between 1 and 255: adding a half and cutting rounds.
        bytes = torch.add(MIDDLE + 0.5, rows, alpha=1 / step).to(torch.uint8)
        padded = functional.pad(bytes, (0, 0, self.padding, self.padding), value=MIDDLE)
        image = torch.ops.onednn.qconv2d_pointwise(
            padded.transpose(1, 2).unsqueeze(2),
            step,
            MIDDLE,
            self.packed,
            self.scale,
            self.zeros,
            self.bias,
            [1, 1],
            [0, 0],
            [1, self.dilation],
            1,
            1.0,
            0,
            torch.float32,
            "none",
            [],
            "",
        )
        return image.squeeze(2)
