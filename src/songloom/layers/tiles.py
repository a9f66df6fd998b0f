"""A network's step worked tile by tile: long time in pieces that stay in the processor's cache, same result.

Each tile is read with the frames beside it that the step's receptive field holds, and only its own part is kept. At
the two ends of the whole, a tile meets the same zeros as the whole would.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import ceil, prod

import torch
from torch import Tensor, nn

from songloom.audio.chunks import spans

CACHED = 1 << 20
"""Numbers of a step's widest activation that are worked on at a time: 4 MB, a part of the cache."""
BOUNDED = 1 << 26
"""The same for a chain of steps, whose activations between steps are held whole: 256 MB."""


class Stage(nn.Module):
    """A step in which `down` frames become `up` frames; `reach` such steps on either side matter to one.

    `width` is the number of channels at the finer of its two rates."""

    def __init__(self, *, width: int, reach: int, down: int = 1, up: int = 1) -> None:
        super().__init__()
        self.width, self.reach, self.down, self.up = width, reach, down, up

    @cached_property
    def weights(self) -> int:
        """Numbers in the step's weights."""
        return sum(weight.numel() for weight in self.parameters())


def tiled(stage: Stage, frames: Tensor, *, numbers: int = CACHED) -> Tensor:
    """`stage(frames)`, [B, C, T] -> [B, C', T / down * up] or less by what the stage loses at the end; T is a multiple
    of `down`. Where no gradients are recorded, in tiles whose widest activation has so many `numbers`, but enough that
    they, and not the reading of the weights for each of them, take the time."""
    steps, down, up = frames.shape[-1] // stage.down, stage.down, stage.up
    numbers = max(numbers, stage.weights // 8)
    size = max(numbers // (len(frames) * stage.width * max(down, up)), 8 * stage.reach, 1)
    if torch.is_grad_enabled() or steps <= size:
        return stage(frames)
    whole, end = frames, 0
    for span in spans(steps, size=size, context=stage.reach):
        piece = stage(frames[..., span.first * down : span.last * down])
        if not end:
            whole = piece.new_empty(len(piece), steps * up, piece.shape[1]).transpose(1, 2)
        wanted = piece[..., span.wanted.start * up : span.wanted.stop * up]
        begin, end = span.start * up, span.start * up + wanted.shape[-1]
        whole[..., begin:end] = wanted
    return whole[..., :end]


class Chain(Stage):
    """Steps one after the other, each tile by tile, that only go down or only up; a step itself."""

    def __init__(self, steps: Sequence[Stage]) -> None:
        reach, down, up = 0, prod(step.down for step in steps), prod(step.up for step in steps)
        for step in reversed(steps):
            reach = (ceil(reach / step.up) + step.reach) * step.down
        finest = steps[0] if down > 1 else steps[-1]
        super().__init__(width=finest.width, reach=ceil(reach / down), down=down, up=up)
        self.steps = nn.ModuleList(steps)

    def forward(self, frames: Tensor) -> Tensor:
        for step in self.steps:
            assert isinstance(step, Stage)
            frames = tiled(step, frames)
        return frames
