"""A residual network over images: ResNet (He et al. 2016, arXiv 1512.03385, section 4.1) with group norm.

Group norm (Wu & He 2018, arXiv 1803.08494) in the place of batch norm: an item's result does not depend on the others
in its batch, which gradient caching needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from songloom.layers.conv2d import group_norm


class BottleneckBlock(nn.Module):
    """relu(shortcut(x) + expand(mix(reduce(x)))): 1x1, 3x3 (of `stride`) and 1x1, each normalised."""

    def __init__(self, inputs: int, inner: int, outputs: int, *, stride: int, groups: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(inputs, inner, 1, bias=False)
        self.reduce_norm = group_norm(inner, groups)
        self.mix = nn.Conv2d(inner, inner, 3, stride, padding=1, bias=False)
        self.mix_norm = group_norm(inner, groups)
        self.expand = nn.Conv2d(inner, outputs, 1, bias=False)
        self.expand_norm = group_norm(outputs, groups)
        same = inputs == outputs and stride == 1
        self.shortcut = nn.Identity() if same else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, image: Tensor) -> Tensor:
        """[B, inputs, F, M] -> [B, outputs, F / stride, M / stride]."""
        inner = functional.relu(self.reduce_norm(self.reduce(image)))
        inner = functional.relu(self.mix_norm(self.mix(inner)))
        return functional.relu(self.shortcut(image) + self.expand_norm(self.expand(inner)))


class ResidualNetwork(nn.Module):
    """[B, 1, F, M] -> [B, outputs, F / r, M / r], r = 2^(levels + 1), rounded up at every halving.

    A convolution of `enter` width and a maximum halve the image twice; then levels of `depths` blocks of inner `widths`
    and `expansion` times as many outputs, all but the first halving it again.
    """

    def __init__(
        self, enter: int, widths: Sequence[int], depths: Sequence[int], *, expansion: int, groups: int
    ) -> None:
        super().__init__()
        self.enter = nn.Conv2d(1, enter, 7, 2, padding=3, bias=False)
        self.enter_norm = group_norm(enter, groups)
        self.outputs = expansion * widths[-1]
        blocks: list[nn.Module] = []
        sizes = [enter, *(expansion * width for width in widths)]
        for level, ((inputs, outputs), width, depth) in enumerate(zip(pairwise(sizes), widths, depths, strict=True)):
            for place in range(depth):
                stride = 2 if level and not place else 1
                blocks.append(
                    BottleneckBlock(outputs if place else inputs, width, outputs, stride=stride, groups=groups)
                )
        self.blocks = nn.ModuleList(blocks)

    def forward(self, image: Tensor) -> Tensor:
        image = functional.relu(self.enter_norm(self.enter(image)))
        image = functional.max_pool2d(image, 3, 2, padding=1)
        for block in self.blocks:
            image = block(image)
        return image
