"""A transformer over patches of a spectrogram: AST (Gong et al. 2021, arXiv 2104.01778), ViT's blocks on log-mel.

Blocks normalise first; positions are learned, one for every patch. A caller may leave patches out: those that stay
keep their positions.
"""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional


class EncoderBlock(nn.Module):
    """x + attention(norm(x)), then x + feed-forward(norm(x)): [B, N, D] -> [B, N, D], all see all."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide a width of {width}")
        self.heads = heads
        self.attention_norm = nn.LayerNorm(width, eps=1e-6)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.hidden_norm = nn.LayerNorm(width, eps=1e-6)
        self.expand = nn.Linear(width, hidden)
        self.contract = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        split = rearrange(self.qkv(self.attention_norm(x)), "b n (three h d) -> three b h n d", three=3, h=self.heads)
        queries, keys, values = split
        mixed = functional.scaled_dot_product_attention(queries, keys, values)
        x = x + self.out(rearrange(mixed, "b h n d -> b n (h d)"))
        return x + self.contract(functional.gelu(self.expand(self.hidden_norm(x))))


class Encoder(nn.Module):
    """`depth` blocks and a last norm: [B, N, D] -> [B, N, D]."""

    def __init__(self, width: int, depth: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(EncoderBlock(width, heads, hidden) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class Patches(nn.Module):
    """Log-mel [B, M, F] -> patches [B, N, D] with their positions, N = rows x columns, column after column of time."""

    def __init__(self, bands: int, frames: int, width: int, *, patch: tuple[int, int], stride: tuple[int, int]) -> None:
        super().__init__()
        if bands < patch[0] or frames < patch[1]:
            raise ValueError(f"an image of {bands} bands by {frames} frames is smaller than a patch of {patch}")
        self.patch, self.stride = patch, stride
        self.rows, self.columns = ((bands - patch[0]) // stride[0] + 1, (frames - patch[1]) // stride[1] + 1)
        self.enter = nn.Conv2d(1, width, patch, stride)
        self.positions = nn.Parameter(0.02 * torch.randn(self.rows * self.columns, width))

    def forward(self, mel: Tensor) -> Tensor:
        return rearrange(self.enter(mel[:, None]), "b d rows columns -> b (columns rows) d") + self.positions


def only(tokens: Tensor, places: Tensor) -> Tensor:
    """Of tokens [B, N, D] those at `places` [B, n], in that order: [B, n, D]."""
    return tokens.gather(1, places[..., None].expand(-1, -1, tokens.shape[-1]))


def drawn(batch: int, tokens: int, group: int, hidden: float, device: torch.device) -> tuple[Tensor, Tensor]:
    """Random places of `tokens` tokens that stay, [B, n], and those that are hidden, [B, m], for each item by itself.

    `group` tokens in a row stand or fall together (1: any; the number of rows: whole frames of time), a part `hidden`
    of all groups falls, and at least one stays.
    """
    groups = tokens // group
    stay = min(max(1, round(groups * (1 - hidden))), groups)
    order = torch.rand(batch, groups, device=device).argsort(1)
    order = rearrange(order[..., None] * group + torch.arange(group, device=device), "b g i -> b (g i)")
    return order[:, : stay * group], order[:, stay * group :]
