"""Two-dimensional convolutional encoder and decoder for spectrograms seen as images.

The networks of VQGAN (Esser et al. 2021, arXiv 2012.09841, table 7) in the plain form that latent diffusion
(Rombach et al. 2022, arXiv 2112.10752) kept: residual blocks with group norm and SiLU, self-attention of one
head at the coarsest size alone. Images are [B, C, F, M], frames down and bands across, and every level halves
both. Group norm and attention see the whole image: a caller who wants results that do not depend on how a long
image is cut must cut it himself (`systems/codecs/mel_codec.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional


def group_norm(width: int, groups: int, eps: float = 1e-6) -> nn.GroupNorm:
    """Normalisation over `groups` groups of channels and over the image."""
    if width % groups:
        raise ValueError(f"{groups} groups do not divide {width} channels")
    return nn.GroupNorm(groups, width, eps=eps)


class ImageBlock(nn.Module):
    """x + conv(silu(norm(conv(silu(norm(x)))))): [B, inputs, F, M] -> [B, outputs, F, M]."""

    def __init__(self, inputs: int, outputs: int, groups: int) -> None:
        super().__init__()
        self.first_norm = group_norm(inputs, groups)
        self.first = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.second_norm = group_norm(outputs, groups)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, image: Tensor) -> Tensor:
        inner = self.first(functional.silu(self.first_norm(image)))
        inner = self.second(functional.silu(self.second_norm(inner)))
        return self.shortcut(image) + inner


class ImageAttention(nn.Module):
    """x + self-attention of one head over all places of the image: [B, C, F, M] -> [B, C, F, M]."""

    def __init__(self, width: int, groups: int) -> None:
        super().__init__()
        self.norm = group_norm(width, groups)
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.leave = nn.Linear(width, width)

    def forward(self, image: Tensor) -> Tensor:
        places = rearrange(self.norm(image), "b c f m -> b (f m) c")
        mixed = functional.scaled_dot_product_attention(self.query(places), self.key(places), self.value(places))
        return image + rearrange(self.leave(mixed), "b (f m) c -> b c f m", f=image.shape[2])


class ImageMiddle(nn.Sequential):
    """Block, attention, block at the coarsest size: [B, C, F, M] -> [B, C, F, M]."""

    def __init__(self, width: int, groups: int) -> None:
        super().__init__(
            ImageBlock(width, width, groups), ImageAttention(width, groups), ImageBlock(width, width, groups)
        )


class Halve(nn.Module):
    """A convolution of stride two, padded after the end: [B, C, F, M] -> [B, C, F // 2, M // 2]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, stride=2)

    def forward(self, image: Tensor) -> Tensor:
        return self.conv(functional.pad(image, (0, 1, 0, 1)))


class Twice(nn.Module):
    """Every place four times, then a convolution: [B, C, F, M] -> [B, C, 2 F, 2 M]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        return self.conv(functional.interpolate(image, scale_factor=2.0, mode="nearest"))


class ImageEncoder(nn.Module):
    """`widths` of the levels from fine to coarse, `depth` blocks in each, halved between them:
    [B, inputs, F, M] -> [B, outputs, F / r, M / r] with r = 2^(levels - 1)."""

    def __init__(self, inputs: int, widths: Sequence[int], outputs: int, *, depth: int, groups: int = 32) -> None:
        super().__init__()
        self.enter = nn.Conv2d(inputs, widths[0], 3, padding=1)
        self.levels = nn.ModuleList(
            level(before, width, depth=depth, groups=groups) for before, width in pairwise([widths[0], *widths])
        )
        self.halves = nn.ModuleList(Halve(width) for width in widths[:-1])
        self.middle = ImageMiddle(widths[-1], groups)
        self.norm = group_norm(widths[-1], groups)
        self.leave = nn.Conv2d(widths[-1], outputs, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        inner = self.levels[0](self.enter(image))
        for halve, blocks in zip(self.halves, self.levels[1:], strict=True):
            inner = blocks(halve(inner))
        return self.leave(functional.silu(self.norm(self.middle(inner))))


class ImageDecoder(nn.Module):
    """The mirror of `ImageEncoder`, with the same `widths` from fine to coarse and one block more in each level:
    [B, inputs, F, M] -> [B, outputs, F r, M r]."""

    def __init__(self, inputs: int, widths: Sequence[int], outputs: int, *, depth: int, groups: int = 32) -> None:
        super().__init__()
        coarse = list(reversed(widths))
        self.enter = nn.Conv2d(inputs, coarse[0], 3, padding=1)
        self.middle = ImageMiddle(coarse[0], groups)
        self.levels = nn.ModuleList(
            level(before, width, depth=depth + 1, groups=groups) for before, width in pairwise([coarse[0], *coarse])
        )
        self.twices = nn.ModuleList(Twice(width) for width in coarse[:-1])
        self.norm = group_norm(coarse[-1], groups)
        self.leave = nn.Conv2d(coarse[-1], outputs, 3, padding=1)

    def forward(self, latents: Tensor) -> Tensor:
        inner = self.levels[0](self.middle(self.enter(latents)))
        for twice, blocks in zip(self.twices, self.levels[1:], strict=True):
            inner = blocks(twice(inner))
        return self.leave(functional.silu(self.norm(inner)))


def level(inputs: int, width: int, *, depth: int, groups: int) -> nn.Sequential:
    """`depth` residual blocks at one size."""
    return nn.Sequential(*(ImageBlock(before, width, groups) for before in [inputs, *[width] * (depth - 1)]))
