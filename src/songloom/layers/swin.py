"""Attention within windows of an image that shift from block to block (Swin; Liu et al. 2021, arXiv 2103.14030).

Images are [B, H, W, C], rows and columns of places. A window of `window` x `window` places is a sequence of its own;
every other block moves the windows by half of one, so that neighbours meet. What rolls over the image's edge stays
apart there by a mask.
"""

from __future__ import annotations

import torch
from einops import rearrange, repeat
from torch import Tensor, nn
from torch.nn import functional

APART = -100.0
"""What the published networks add to the scores of places that do not belong together."""


class WindowAttention(nn.Module):
    """Self-attention inside each window, with a learned bias for every offset of two places (equation 4)."""

    index: Tensor
    mask: Tensor

    def __init__(self, width: int, heads: int, window: int, side: int, shift: int) -> None:
        super().__init__()
        self.heads, self.window, self.shift = heads, window, shift
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.offsets = nn.Parameter(0.02 * torch.randn((2 * window - 1) ** 2, heads))
        self.register_buffer("index", offset_index(window), persistent=False)
        self.register_buffer("mask", shift_mask(side, window, shift), persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        """[B, H, W, C] -> [B, H, W, C]."""
        rolled = torch.roll(image, (-self.shift, -self.shift), dims=(1, 2)) if self.shift else image
        windows = rearrange(rolled, "b (y r) (x s) c -> (b y x) (r s) c", r=self.window, s=self.window)
        queries, keys, values = rearrange(self.qkv(windows), "w n (three h d) -> three w h n d", three=3, h=self.heads)
        mixed = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=self.bias(len(image)))
        joined = rearrange(
            self.out(rearrange(mixed, "w h n d -> w n (h d)")),
            "(b y x) (r s) c -> b (y r) (x s) c",
            b=len(image),
            r=self.window,
            y=image.shape[1] // self.window,
        )
        return torch.roll(joined, (self.shift, self.shift), dims=(1, 2)) if self.shift else joined

    def bias(self, images: int) -> Tensor:
        """What is added to the scores, [B windows, heads, places, places]; where nothing is shifted one for all."""
        offsets = rearrange(self.offsets[self.index], "i j h -> 1 h i j")
        if not self.shift:
            return offsets
        return repeat(self.mask[:, None] + offsets, "w h i j -> (b w) h i j", b=images)


def offset_index(window: int) -> Tensor:
    """Which row of the table of offsets belongs to each pair of places in a window, [places, places]."""
    places = torch.cartesian_prod(torch.arange(window), torch.arange(window))
    rows, columns = (places[:, None] - places + window - 1).unbind(-1)
    return rows * (2 * window - 1) + columns


def shift_mask(side: int, window: int, shift: int) -> Tensor:
    """0 for two places of a window that lie together in an image of `side` x `side`, else `APART`:
    [windows, places, places]. Shifting brings places from the far edge beside each other."""
    place = torch.arange(side)
    part = (place >= side - window).long() + (place >= side - shift).long() if shift else torch.zeros_like(place)
    parts = rearrange(3 * part[:, None] + part, "(y r) (x s) -> (y x) (r s)", r=window, s=window)
    return APART * (parts[:, :, None] != parts[:, None]).float()


class SwinBlock(nn.Module):
    """x + attention(norm(x)), then x + GELU layers(norm(x)): [B, H, W, C] -> [B, H, W, C]."""

    def __init__(self, width: int, heads: int, window: int, side: int, shift: int) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = WindowAttention(width, heads, window, side, shift)
        self.hidden_norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, 4 * width)
        self.contract = nn.Linear(4 * width, width)

    def forward(self, image: Tensor) -> Tensor:
        image = image + self.attention(self.attention_norm(image))
        return image + self.contract(functional.gelu(self.expand(self.hidden_norm(image))))


class Merge(nn.Module):
    """Every 2 x 2 places become one of twice the width: [B, H, W, C] -> [B, H / 2, W / 2, 2 C]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * width)
        self.reduce = nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, image: Tensor) -> Tensor:
        return self.reduce(self.norm(rearrange(image, "b (y r) (x s) c -> b y x (s r c)", r=2, s=2)))


class SwinStage(nn.Module):
    """`depth` blocks on an image of `side` x `side`, each other one shifted where there is more than one window; then
    a merge, unless it is the `last`."""

    def __init__(self, width: int, depth: int, heads: int, window: int, side: int, *, last: bool) -> None:
        super().__init__()
        if side % window or (side % 2 and not last):
            raise ValueError(f"an image of {side} x {side} places has no whole windows of {window} or no even side")
        half = window // 2 if side > window else 0
        self.blocks = nn.ModuleList(
            SwinBlock(width, heads, window, side, half if index % 2 else 0) for index in range(depth)
        )
        self.merge = nn.Identity() if last else Merge(width)

    def forward(self, image: Tensor) -> Tensor:
        for block in self.blocks:
            image = block(image)
        return self.merge(image)
