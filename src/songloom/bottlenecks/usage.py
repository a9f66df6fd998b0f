"""How much of a codebook is in use: perplexity and usage, reported while training."""

from __future__ import annotations

import torch
from torch import Tensor


def shares(codes: Tensor, size: int) -> Tensor:
    """The fraction of codes [..., N] that each of `size` entries has, [..., V]."""
    counts = torch.zeros(*codes.shape[:-1], size, device=codes.device)
    return counts.scatter_add_(-1, codes, torch.ones_like(codes, dtype=counts.dtype)) / max(codes.shape[-1], 1)


def perplexity(codes: Tensor, size: int) -> Tensor:
    """exp(entropy) of codes [..., N]: how many of `size` entries are in even use, [...]."""
    return torch.special.entr(shares(codes, size)).sum(-1).exp()


def usage(codes: Tensor, size: int) -> Tensor:
    """The fraction of `size` entries that occur among codes [..., N], [...]."""
    return (shares(codes, size) > 0).float().mean(-1)


def reports(codes: Tensor, size: int) -> dict[str, Tensor]:
    """Perplexity and usage of each stream of codes [B, K, F] in this batch, by name."""
    streams = codes.transpose(0, 1).flatten(1)
    figures = {"perplexity": perplexity(streams, size), "usage": usage(streams, size)}
    return {f"{name}_{k}": value for name, all_of in figures.items() for k, value in enumerate(all_of, start=1)}
