"""How well a model predicts code streams: the cross-entropy of each, where there is something to predict."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from songloom.tokens.patterns import Pattern


def stream_losses(errors: Tensor, weights: Sequence[float] | None = None) -> dict[str, Tensor]:
    """Mean cross-entropies [K] in nats as losses "book0", "book1", ..., weighted (evenly unless told) by parts of 1,
    and reported as perplexities: among how many codes each stream is still in doubt."""
    shares = [1.0] * len(errors) if weights is None else list(weights[: len(errors)])
    named = {
        f"book{k}": share / sum(shares) * error for k, (share, error) in enumerate(zip(shares, errors, strict=True))
    }
    return named | {f"~perplexity{k}": error.detach().exp() for k, error in enumerate(errors)}


def stream_errors(logits: Tensor, grid: Tensor, pattern: Pattern, inside: Tensor) -> Tensor:
    """Mean cross-entropy [K] in nats of `grid` [B, K, S] under `logits` [B, S, K, V], over the places where a frame
    stands that is `inside` [B, F] its clip (0 where there is none)."""
    source = pattern.frame_of(grid.shape[1], inside.shape[1], grid.device)
    counted = inside[:, source.clamp_min(0)] & (source >= 0)
    targets = torch.where(counted, grid, 0)
    errors = functional.cross_entropy(logits.permute(0, 3, 2, 1), targets, reduction="none")
    return (errors * counted).sum((0, 2)) / counted.sum((0, 2)).clamp_min(1)
