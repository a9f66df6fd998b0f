"""Pieces longer than a network's window, with more than one text, or without an end.

A long piece is made window by window: the first frames of each are the last of the one before, known to the sampler at
every step as inpainting has it (Lugmayr et al. 2022, "RePaint", arXiv 2201.09865), so that the rest goes on from them.
The very last count less and less: they were made with nothing after them, and one window passes into the next there.
Several texts in one window share its frames: each predicts all of them, and what counts passes from one to the next
(Bar-Tal et al. 2023, "MultiDiffusion", arXiv 2302.08113, section 3, with windows that are one and the same). On a
circle of frames the network sees some of the other end beyond each end, so that there is none.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from songloom.diffusion.latent_diffusion import Predict


def windows(frames: int, longest: int, overlap: int) -> list[tuple[int, int]]:
    """Where each window of a piece begins and ends: all have `longest` frames but the last, which has more than
    `overlap`; each begins `overlap` frames before the end of the one before. Raises ValueError unless 0 <= overlap <
    longest."""
    if not 0 <= overlap < longest:
        raise ValueError(f"windows of {longest} frames cannot overlap by {overlap}")
    found = [(0, min(longest, frames))]
    while found[-1][1] < frames:
        begin = found[-1][1] - overlap
        found.append((begin, min(begin + longest, frames)))
    return found


def fading(frames: int, passage: int) -> Tensor:
    """How much frames [F] count that are known from the window before: whole, but for the last `passage` of them, where
    it falls along a line from 1 to 0."""
    return ((frames - torch.arange(frames) - 0.5) / max(passage, 0.5)).clamp(0, 1)


def shares(starts: Sequence[float], moments: Tensor, passage: float) -> Tensor:
    """How much each of N sections, which begin at `starts` (seconds, rising), counts at `moments` [F] in seconds: [N,
    F], 1 in all; around each beginning but the first, one passes into the other along a line of `passage` seconds."""
    rising = [((moments - start) / passage + 0.5).clamp(0, 1) for start in starts[1:]]
    edges = torch.stack([torch.ones_like(moments), *rising, torch.zeros_like(moments)])
    return edges[:-1] - edges[1:]


def blended(networks: Sequence[Predict], weights: Tensor) -> Predict:
    """Several networks as one, each counting as much as `weights` [N, F] say."""
    if len(networks) == 1:
        return networks[0]

    def predict(x: Tensor, time: Tensor) -> Tensor:
        return sum(
            (weight * network(x, time) for network, weight in zip(networks, weights.to(x), strict=True)),
            torch.zeros_like(x),
        )

    return predict


def circular(predict: Predict, margin: int) -> Predict:
    """A network over F + 2 `margin` frames as one over a circle of F."""

    def around(x: Tensor, time: Tensor) -> Tensor:
        frames = x.shape[-1]
        return predict(x[..., circle(frames, margin, x.device)], time)[..., margin : margin + frames]

    return around


def circle(frames: int, margin: int, device: torch.device | None = None) -> Tensor:
    """Places [F + 2 margin] on a circle of F, from `margin` before its beginning on."""
    return torch.arange(-margin, frames + margin, device=device) % frames
