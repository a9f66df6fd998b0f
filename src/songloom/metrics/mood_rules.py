"""What the band does by rule when it is in a mood: how readily a style takes it, in which modes, at which tempi.

The composer draws the mood by the style, then the mode and the tempo by both. These are the chances of those draws, so
that by Bayes' rule a mood can be judged from a style, a tempo and a mode. A style or a mood that the band does not have
stands for any: such a style takes all moods alike, has all modes and a wide range of tempi; such a mood favours no
mode and a middling pace.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from songloom.band import composer
from songloom.band.moods import LIGHT_OF_MODE, MOODS, PACE_DEVIATION, Mood, mode_factor
from songloom.band.styles.style import Palette, Style
from songloom.band.styles.table import STYLES

MODES = tuple(LIGHT_OF_MODE)
LEAST = 1e-4  # the chance that is left to what a rule excludes
_ANY_MOOD = Mood("any", 0.0, 0.5, 1.0, 0, 0.5, 1.0, 0.0, 0.5, 0.5)
_ANY_STYLE = Style("any", (40.0, 200.0), tuple(Palette(mode, 1.0, ()) for mode in MODES), (), dict.fromkeys(MOODS, 1.0))


class MoodRules(NamedTuple):
    """Of S styles and M moods: `taste` [S, M], chances of moods in a style; `modes` [S, M, modes], chances of modes;
    `slowest` and `fastest` [S], beats per minute; `pace` [M], places between them that moods tend to."""

    taste: Tensor
    modes: Tensor
    slowest: Tensor
    fastest: Tensor
    pace: Tensor

    def usual_modes(self) -> Tensor:
        """Chances of modes in a style, whatever the mood, [S, modes]."""
        return torch.einsum("sm,smk->sk", self.taste, self.modes)

    def tempo_chances(self, beats: Tensor, about: float) -> Tensor:
        """How likely a tempo within `about` of `beats` [...] is in each style and mood, [..., S, M]: the pace strays
        as a Gaussian does, and what strays beyond the style's range is played at its end."""
        low, high = (beats[..., None] + side for side in (-about, about))
        below = self._normal(low) * (low > self.slowest)[..., None]
        up_to = torch.where((high < self.fastest)[..., None], self._normal(high), 1.0)
        return up_to - below

    def _normal(self, beats: Tensor) -> Tensor:
        """Share of each mood's Gaussian below `beats` [..., 1] in each style, [..., S, M]."""
        places = (beats - self.slowest) / (self.fastest - self.slowest)
        return torch.special.ndtr((places[..., None] - self.pace) / PACE_DEVIATION)


def mood_rules(styles: Sequence[str], moods: Sequence[str]) -> MoodRules:
    """Those of the band for the named styles and moods."""
    chosen = [STYLES.get(name, _ANY_STYLE) for name in styles]
    feelings = [MOODS.get(name, _ANY_MOOD) for name in moods]
    slowest, fastest = torch.tensor([style.tempo for style in chosen], dtype=torch.double).T
    return MoodRules(
        torch.stack([_shares([_readiness(style, name) for name in moods]).clamp_min(LEAST) for style in chosen]),
        torch.stack([torch.stack([_modes(style, mood) for mood in feelings]) for style in chosen]),
        slowest,
        fastest,
        torch.tensor([mood.pace for mood in feelings], dtype=torch.double),
    )


def _readiness(style: Style, mood: str) -> float:
    return composer.mood_weights(style).get(mood, 0.0 if mood in MOODS else 1.0)


def _modes(style: Style, mood: Mood) -> Tensor:
    """Chances [modes] of a style's modes in a mood."""
    weights = dict.fromkeys(MODES, 0.0)
    for palette in style.palettes:
        weights[palette.mode] += palette.weight * mode_factor(mood, palette.mode)
    return _shares(list(weights.values()))


def _shares(weights: Sequence[float]) -> Tensor:
    each = torch.tensor(weights, dtype=torch.double)
    return each / each.sum().clamp_min(1e-12)
