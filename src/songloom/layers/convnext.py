"""ConvNeXt blocks in one dimension: a depthwise convolution over time, then a small network per frame.

Liu et al. 2022, "A ConvNet for the 2020s" (arXiv 2201.03545), section 2.6, with SiLU for GELU (a sixth
faster on a CPU). Frames stay in the layout [B, F, D]: the linear layers then need no transposition, and the
convolution sees the same memory as a channels-last image of height one.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class DepthwiseConv(nn.Module):
    """A convolution over time of each channel by itself, zero padded: [B, F, D] -> [B, F, D]."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        if kernel % 2 == 0:
            raise ValueError(f"kernel is {kernel}; it must be odd, so that frames keep their places")
        self.weight = nn.Parameter(torch.empty(width, 1, 1, kernel))
        self.bias = nn.Parameter(torch.zeros(width))
        nn.init.trunc_normal_(self.weight, std=kernel**-0.5)

    def forward(self, frames: Tensor) -> Tensor:
        image = frames.transpose(1, 2).unsqueeze(2)
        padding = (0, self.weight.shape[-1] // 2)
        image = functional.conv2d(image, self.weight, self.bias, padding=padding, groups=self.weight.shape[0])
        return image.squeeze(2).transpose(1, 2)


class ConvNeXtBlock(nn.Module):
    """x + scale * W2 silu(W1 norm(depthwise(x))): [B, F, D] -> [B, F, D]."""

    def __init__(self, width: int, *, kernel: int = 7, expansion: int = 3, scale: float = 0.1) -> None:
        super().__init__()
        self.depthwise = DepthwiseConv(width, kernel)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.widen = nn.Linear(width, expansion * width)
        self.narrow = nn.Linear(expansion * width, width)
        self.scale = nn.Parameter(torch.full((width,), scale))

    def forward(self, frames: Tensor) -> Tensor:
        inner = self.norm(self.depthwise(frames))
        inner = self.narrow(functional.silu(self.widen(inner)))
        return torch.addcmul(frames, inner, self.scale)


class ConvNeXtStack(nn.Module):
    """Linear in, norm, `depth` blocks, norm, linear out: [B, F, inputs] -> [B, F, outputs]."""

    def __init__(
        self, inputs: int, width: int, outputs: int, *, depth: int, kernel: int = 7, expansion: int = 3
    ) -> None:
        super().__init__()
        self.enter = nn.Linear(inputs, width)
        self.first_norm = nn.LayerNorm(width, eps=1e-6)
        self.blocks = nn.ModuleList(
            ConvNeXtBlock(width, kernel=kernel, expansion=expansion, scale=1 / max(depth, 1)) for _ in range(depth)
        )
        self.last_norm = nn.LayerNorm(width, eps=1e-6)
        self.leave = nn.Linear(width, outputs)
        self.context = depth * (kernel // 2)
        """Frames on either side that a frame of the output depends on."""

    def forward(self, frames: Tensor) -> Tensor:
        inner = self.first_norm(self.enter(frames))
        for block in self.blocks:
            inner = block(inner)
        return self.leave(self.last_norm(inner))
