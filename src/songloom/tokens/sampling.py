"""Drawing tokens from logits: temperature, top-k and top-p, and random numbers that belong to a seed alone."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Sampling:
    """`temperature` 0 takes the likeliest token. `top_k` keeps the k likeliest, then `top_p` the fewest that
    together have that probability; None keeps all."""

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        if not self.temperature >= 0:
            raise ValueError(f"temperature must be 0 or more, not {self.temperature}")
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"top_k must be 1 or more, not {self.top_k}")
        if self.top_p is not None and not 0 <= self.top_p <= 1:
            raise ValueError(f"top_p must be from 0 to 1, not {self.top_p}")


def sample(logits: Tensor, uniform: Tensor, sampling: Sampling) -> Tensor:
    """Tokens [...] int64 from logits [..., V] by inverting the distribution function at `uniform` [...] in [0, 1)."""
    if sampling.temperature == 0:
        return logits.argmax(-1)
    kept = min(sampling.top_k or logits.shape[-1], logits.shape[-1])
    values, tokens = logits.topk(kept, dim=-1)
    total = (values / sampling.temperature).softmax(-1).cumsum(-1)
    mass = total[..., -1:]
    if sampling.top_p is not None:
        mass = total.gather(-1, (total < sampling.top_p).sum(-1, keepdim=True).clamp_max(kept - 1))
    choice = torch.searchsorted(total, uniform[..., None] * mass, right=True).clamp_max_(kept - 1)
    return tokens.gather(-1, choice).squeeze(-1)


def uniforms(seed: int, *shape: int) -> Tensor:
    """Numbers in [0, 1) of `shape`, the same for a seed on every device (they are drawn on the CPU)."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))
