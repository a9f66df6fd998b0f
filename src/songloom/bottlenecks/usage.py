"""How much of a codebook is in use: perplexity and usage, reported while training."""

from __future__ import annotations

import torch
from torch import Tensor


def shares(indices: Tensor, size: int) -> Tensor:
    """The fraction [V] of the indices [...] that each of `size` entries has."""
    return torch.bincount(indices.flatten(), minlength=size).float() / max(indices.numel(), 1)


def perplexity(indices: Tensor, size: int) -> Tensor:
    """exp(entropy) of the indices [...]: how many of `size` entries are in even use."""
    return torch.special.entr(shares(indices, size)).sum().exp()


def usage(indices: Tensor, size: int) -> Tensor:
    """The fraction of `size` entries that occur among the indices [...]."""
    return (shares(indices, size) > 0).float().mean()


def reports(codes: Tensor, size: int) -> dict[str, Tensor]:
    """Perplexity and usage of each stream of codes [B, K, F] in this batch, by name."""
    named = {}
    for index, stream in enumerate(codes.unbind(1), start=1):
        named[f"perplexity_{index}"] = perplexity(stream, size)
        named[f"usage_{index}"] = usage(stream, size)
    return named
