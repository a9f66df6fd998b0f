"""A mood heard as a lean: how a sound's colour differs from what is usual in its style, beside its tempo and mode.

A dark rock piece is brighter than a happy lullaby. So a listener who is told style, tempo and mode hears moods that one
who is told nothing cannot, and from two numbers: how the mean spectrum tilts and how it bows, which an engineer sets
by the mood. A generator can change them in no other way than by sounding brighter or fuller; means of latents, which
hold as much of a mood, can be changed where nobody hears it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from songloom.bottlenecks.processes import gathered
from songloom.conditioning.attributes import Vocabulary
from songloom.conditioning.musical import of_labels
from songloom.conditioning.style_tempo import RANGES

BANDS = 48
DOUBT = 4.0
"""Clips of no colour that every style begins with."""
NARROWEST = 4.0
"""Beats per minute that a style's range has at least."""
SLOPES = 2
"""What is heard: tilt and bow."""
TOLD = 3
"""What is known beside the style: the tempo's place in its range, the square of that, and the mode."""


class Lean(nn.Module):
    """Colours of B clips, and what is known of them -> logits of moods: the mean of several `heads`. What is usual is
    gathered while it trains."""

    usual: Tensor
    count: Tensor
    variance: Tensor
    batches: Tensor

    def __init__(self, vocabulary: Vocabulary, heads: int = 4, width: int = 64) -> None:
        super().__init__()
        self.vocabulary, styles = vocabulary, len(vocabulary.styles)
        self.register_buffer("usual", torch.zeros(styles, BANDS))
        self.register_buffer("count", torch.zeros(styles))
        self.register_buffer("variance", torch.ones(BANDS))
        self.register_buffer("batches", torch.zeros(()))
        self.heads = nn.ModuleList(
            nn.Sequential(
                nn.Dropout(0.3),
                nn.Linear(SLOPES + styles + TOLD, width),
                nn.GELU(),
                nn.Dropout(0.5),
                nn.Linear(width, len(vocabulary.moods)),
            )
            for _ in range(heads)
        )

    def forward(self, colour: Tensor, labels: Sequence[Mapping[str, Any]]) -> Tensor:
        """Colours [B, BANDS], tens of decibels around their mean, low bands first -> logits [B, moods]."""
        styles, told = (rows.to(colour) for rows in self.known(labels))
        if self.training:
            self.gather(gathered(colour.detach()), gathered(styles))
        beside = (colour - styles @ self.usual) / self.variance.sqrt()
        seen = torch.cat([slopes(beside), styles, told], 1)
        return torch.stack([head(seen) for head in self.heads]).mean(0)

    @torch.no_grad()
    def gather(self, colour: Tensor, styles: Tensor) -> None:
        """Moves what is usual towards colours [B, BANDS] of clips in `styles` [B, styles]: the mean of all there
        were."""
        self.count += styles.sum(0)
        self.usual += (styles.T @ (colour - styles @ self.usual)) / (self.count + DOUBT)[:, None]
        self.batches += 1
        strayed = (colour - styles @ self.usual).square().mean(0)
        self.variance += (strayed - self.variance) / self.batches
        self.variance.clamp_min_(1e-4)

    def known(self, labels: Sequence[Mapping[str, Any]]) -> tuple[Tensor, Tensor]:
        """Styles [B, styles], 1 for what is, and what else is known [B, TOLD]: 0 where it is open."""
        names = self.vocabulary.styles
        styles = torch.zeros(len(labels), len(names))
        told = torch.zeros(len(labels), TOLD)
        for row, one in enumerate(labels):
            musical, style = of_labels(one), one.get("style")
            if style in names:
                styles[row, names.index(style)] = 1
            if musical.tempo and style in RANGES:
                low, high = RANGES[style]
                place = min(1.0, max(0.0, (musical.tempo - low) / max(NARROWEST, high - low)))
                told[row, :2] = torch.tensor([4 * place - 2, (4 * place - 2) ** 2 - 1])
            if musical.key is not None:
                told[row, 2] = -1.0 if musical.key >= 12 else 1.0
        return styles, told


def slopes(colour: Tensor) -> Tensor:
    """[B, bands] -> tilt and bow [B, SLOPES]: the means along a line and along a parabola."""
    place = torch.linspace(-1, 1, colour.shape[1], device=colour.device)
    ways = torch.stack([place, place.square() - 1 / 3])
    return 3 * colour @ ways.T.to(colour) / colour.shape[1]
