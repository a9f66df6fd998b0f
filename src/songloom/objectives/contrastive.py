"""Contrastive objectives between B pieces of music and B texts, and large batches in small chunks.

Softmax: InfoNCE both ways (van den Oord et al. 2018, arXiv 1807.03748; CLIP, arXiv 2103.00020, figure 3). Sigmoid: each
pair by itself is right or wrong (SigLIP, Zhai et al. 2023, arXiv 2303.15343, equation 1). Where several texts hold for
a piece, all of them are right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from songloom.bottlenecks.processes import joined

Objective = Literal["softmax", "sigmoid"]
STEEPEST = 100.0
"""The largest scale of logits, as in CLIP, section 2.5."""


def softmax_contrast(logits: Tensor, matches: Tensor) -> Tensor:
    """The mean cross-entropy in nats of finding a right text for each piece and a right piece for each text.

    `logits` [B, B] of pieces (rows) by texts (columns); `matches` [B, B] bool, of which each row and column holds at
    least one True. The right ones of a row share its chance evenly.
    """
    rows = functional.cross_entropy(logits, _shares(matches, logits))
    return (rows + functional.cross_entropy(logits.mT, _shares(matches.mT, logits))) / 2


def sigmoid_contrast(logits: Tensor, matches: Tensor) -> Tensor:
    """The cross-entropy in nats of telling right pairs from wrong ones, summed over the B^2 pairs, by B.

    Shapes as for `softmax_contrast`; the logits hold the learned bias already.
    """
    return functional.binary_cross_entropy_with_logits(logits, matches.to(logits), reduction="sum") / len(logits)


OBJECTIVES: dict[Objective, Callable[[Tensor, Tensor], Tensor]] = {
    "softmax": softmax_contrast,
    "sigmoid": sigmoid_contrast,
}


def scale_of(steepness: Tensor) -> Tensor:
    """The scale of the logits [] that a learned logarithm [] of it stands for."""
    return steepness.exp().clamp_max(STEEPEST)


def contrast_losses(
    heard: Tensor,
    read: Tensor,
    matches: Tensor | None,
    steepness: Tensor,
    *,
    objective: Objective = "softmax",
    bias: Tensor | None = None,
) -> dict[str, Tensor]:
    """An objective over music [b, E] and texts [b, E] of length 1, this process's part of a batch of B (all of it where
    there is one process); `matches` [B, B] says what of the whole batch belongs together (None: each piece and its own
    text). Reported: the scale of the logits, and the part of the pieces whose likeliest text holds."""
    scale = scale_of(steepness)
    logits = scale * joined(heard.float()) @ joined(read.float()).mT
    if bias is not None:
        logits = logits + bias
    if matches is None:
        matches = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    right = matches.gather(1, logits.argmax(1, keepdim=True)).float().mean()
    return {"contrast": OBJECTIVES[objective](logits, matches), "~scale": scale.detach(), "~right": right}


def in_chunks(encode: Callable[[Any], Tensor], items: Tensor | Sequence[str], size: int) -> Tensor:
    """`encode` of B items, at most `size` at a time (0: all at once), [B, E].

    Gradient caching (Gao et al. 2021, arXiv 2101.06983): what happens inside is forgotten and done again, with the same
    random numbers, when the gradient comes back chunk by chunk. So the loss of a large batch has its exact gradient in
    the memory of a small one, as long as an item's vector does not depend on the other items.
    """
    if size < 0:
        raise ValueError(f"a chunk holds {size} items; give 1 or more, or 0 for all at once")
    if not size or len(items) <= size or not torch.is_grad_enabled():
        return encode(items)
    parts = [items[first : first + size] for first in range(0, len(items), size)]
    return torch.cat([checkpoint(encode, part, use_reentrant=False) for part in parts])


def _shares(matches: Tensor, logits: Tensor) -> Tensor:
    right = matches.to(logits)
    return right / right.sum(1, keepdim=True)
