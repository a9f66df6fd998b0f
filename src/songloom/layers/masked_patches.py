"""Guessing what is hidden from what is seen: the second half of masked modelling (He et al. 2022, arXiv 2111.06377)."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor, nn

from songloom.layers.spectrogram_transformer import Encoder


class Guesser(nn.Module):
    """Vectors of the places that are seen -> a guess for each hidden place.

    One learned vector stands for every hidden place; positions tell them apart.
    """

    def __init__(
        self, inputs: int, outputs: int, tokens: int, *, width: int, depth: int, heads: int, hidden: int
    ) -> None:
        super().__init__()
        self.enter = nn.Linear(inputs, width)
        self.blank = nn.Parameter(0.02 * torch.randn(width))
        self.positions = nn.Parameter(0.02 * torch.randn(tokens, width))
        self.encoder = Encoder(width, depth, heads, hidden)
        self.leave = nn.Linear(width, outputs)

    def forward(self, seen: Tensor, stay: Tensor, hidden: Tensor) -> Tensor:
        """`seen` [B, n, D] of the places `stay` [B, n] -> guesses [B, m, outputs] for the places `hidden` [B, m]."""
        known = self.enter(seen) + self.positions[stay]
        blank = (self.blank + self.positions[hidden]).to(known)
        return self.leave(self.encoder(torch.cat([known, blank], dim=1))[:, stay.shape[1] :])


def pixels(picture: Tensor, patch: tuple[int, int]) -> Tensor:
    """Pictures [B, M, F] -> the numbers of their patches [B, N, P], in the order of `Patches`; what does not fill a
    patch is left out. Each patch has mean 0 and deviation 1, as MAE's targets (section 4.1)."""
    bands, frames = (size - size % step for size, step in zip(picture.shape[1:], patch, strict=True))
    rows = rearrange(picture[:, :bands, :frames], "b (r p) (c q) -> b (c r) (p q)", p=patch[0], q=patch[1])
    return (rows - rows.mean(-1, keepdim=True)) / (rows.var(-1, keepdim=True) + 1e-6).sqrt()
