"""A mood heard as a lean: how a sound's colour differs from what is usual in its style, beside its tempo and mode.

A dark rock piece is brighter than a happy lullaby. So a listener who is told style, tempo and mode hears moods that one
who is told nothing cannot, and from two numbers: how the mean spectrum tilts and how it bows, which an engineer sets
by the mood. A generator can change them in no other way than by sounding brighter or fuller; means of latents, which
hold as much of a mood, can be changed where nobody hears it.

To hear a colour a clip has to be decoded, so few are heard in a step. They are remembered, and learned from again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from songloom.band.moods import LIGHT_OF_MODE
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
MODES = tuple(LIGHT_OF_MODE)
TOLD = 2 + len(MODES)
"""What is known beside the style: the tempo's place in its range, the square of that, and which mode it is."""
REMEMBERED, RECALLED = 4_096, 192
"""Clips that are remembered, the newest ones, and those of them that a step learns from."""


class Lean(nn.Module):
    """Colours of B clips, and what is known of them -> logits of moods: the mean of several `heads`. What is usual is
    the mean of the clips of a style that are remembered."""

    usual: Tensor
    variance: Tensor
    memory: Tensor
    seen: Tensor

    def __init__(self, vocabulary: Vocabulary, heads: int = 4, width: int = 64) -> None:
        super().__init__()
        self.vocabulary, styles, moods = vocabulary, len(vocabulary.styles), len(vocabulary.moods)
        self.parts = [BANDS, styles, TOLD, moods]
        self.register_buffer("usual", torch.zeros(styles, BANDS))
        self.register_buffer("variance", torch.ones(BANDS))
        self.register_buffer("memory", torch.zeros(REMEMBERED, sum(self.parts)))
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))
        self.heads = nn.ModuleList(
            nn.Sequential(
                nn.Dropout(0.3),
                nn.Linear(SLOPES + styles + TOLD, width),
                nn.GELU(),
                nn.Dropout(0.5),
                nn.Linear(width, moods),
            )
            for _ in range(heads)
        )

    def forward(self, colour: Tensor, labels: Sequence[Mapping[str, Any]]) -> Tensor:
        """Colours [B, BANDS], tens of decibels around their mean, low bands first -> logits [B, moods]."""
        return self.heard(colour, *(rows.to(colour) for rows in self.known(labels)))

    def heard(self, colour: Tensor, styles: Tensor, told: Tensor) -> Tensor:
        """Colours [B, BANDS], styles [B, styles] and what else is known [B, TOLD] -> logits [B, moods]."""
        beside = (colour - styles @ self.usual) / self.variance.sqrt()
        seen = torch.cat([slopes(beside), styles, told], 1)
        return torch.stack([head(seen) for head in self.heads]).mean(0)

    @torch.no_grad()
    def remember(self, colour: Tensor, labels: Sequence[Mapping[str, Any]], truth: Tensor) -> None:
        """Colours [B, BANDS] of clips and their moods, `truth` [B, moods], of all processes; the oldest are forgotten.
        What is usual is measured anew."""
        styles, told = self.known(labels)
        rows = gathered(torch.cat([colour, styles.to(colour), told.to(colour), truth.to(colour)], 1))
        places = (int(self.seen) + torch.arange(len(rows), device=rows.device)) % REMEMBERED
        self.memory[places] = rows.to(self.memory)
        self.seen += len(rows)
        colours, whose, _, _ = self.parted(self.memory[: int(self.seen)])
        self.usual.copy_((whose.T @ colours) / (whose.sum(0) + DOUBT)[:, None])
        self.variance.copy_((colours - whose @ self.usual).square().mean(0).clamp_min(1e-4))

    def recalled(self) -> tuple[Tensor, Tensor]:
        """Logits and truth [RECALLED, moods] of clips that are remembered, drawn by torch's global generator."""
        among = min(int(self.seen), REMEMBERED)
        some = torch.randint(among, (RECALLED,)).to(self.memory.device)
        colour, styles, told, truth = self.parted(self.memory[some])
        return self.heard(colour, styles, told), truth

    def parted(self, rows: Tensor) -> list[Tensor]:
        """Rows of the memory [N, all] -> colours [N, BANDS], styles [N, styles], what else is known [N, TOLD], moods
        [N, moods]."""
        return list(torch.split(rows, self.parts, 1))

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
            if musical.key is not None and one.get("mode") in MODES:
                told[row, 2 + MODES.index(one["mode"])] = 1
        return styles, told


def slopes(colour: Tensor) -> Tensor:
    """[B, bands] -> tilt and bow [B, SLOPES]: the means along a line and along a parabola."""
    place = torch.linspace(-1, 1, colour.shape[1], device=colour.device)
    ways = torch.stack([place, place.square() - 1 / 3])
    return 3 * colour @ ways.T.to(colour) / colour.shape[1]
