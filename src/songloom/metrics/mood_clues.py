"""What the ear gathers about a clip's mood: traits, the colour of its sound, tempi it may have, its pitch classes.

A mood shows in how a piece differs from its style: another mode, a faster or slower beat, a brighter mix. So these
clues are of the clip as a whole, and `mood_sense` holds them against what is usual in the style that is heard.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from songloom.audio.features import onsets
from songloom.audio.features.tempo import CANDIDATES, tempo_of_envelope
from songloom.metrics.traits import TRAITS, peaks
from songloom.metrics.views import FRAME_RATE, MELS, NOTES, View

COLOURS = MELS + NOTES
SOUND = TRAITS + COLOURS
PICTURES = 8  # of pitch classes
OPENING = 8  # the share of a clip that its opening is: one in OPENING
_OCTAVES = NOTES // 12


class Clues(NamedTuple):
    """Of B clips: `sound` [B, SOUND], traits and the colour of the sound; `tempi` [B, CANDIDATES, 2], beats per minute
    and share of each reading, the likeliest first, 0 where there are fewer; `classes` [B, PICTURES, 12], C first."""

    sound: Tensor
    tempi: Tensor
    classes: Tensor


def clues(seen: View, rows: Tensor) -> Clues:
    """Of one clip's view [1, ...] and the traits of its windows [N, P]."""
    sound = torch.cat([rows.mean(0), *(colour(picture[0]) for picture in seen)])
    return Clues(sound[None], tempi(seen.timbre[0])[None], classes(seen.harmony[0])[None])


def together(several: list[Clues]) -> Clues:
    """One batch of several."""
    return Clues(*(torch.cat(parts) for parts in zip(*several, strict=True)))


def colour(picture: Tensor) -> Tensor:
    """Mean power of each band [M, F] -> [M], tens of dB around their mean: a tilt of the mix is a slope of these."""
    level = (10.0**picture).mean(-1).log10()
    return level - level.mean()


def tempi(timbre: Tensor) -> Tensor:
    """Readings [CANDIDATES, 2] of the tempo of mel bands [M, F] by their onsets. Lags of many beats tell a tempo
    within one per cent although a frame lasts 32 ms."""
    rise = timbre.diff(dim=-1).clamp_min(0).mean(0).double().numpy()
    finer = np.arange(int(len(rise) * onsets.FRAME_RATE / FRAME_RATE)) * FRAME_RATE / onsets.FRAME_RATE
    found = tempo_of_envelope(np.interp(finer, np.arange(len(rise)), rise)).candidates
    rows = torch.zeros(CANDIDATES, 2)
    for row, candidate in zip(rows, found, strict=False):
        row.copy_(torch.tensor(candidate))
    return rows


def classes(harmony: Tensor) -> Tensor:
    """Pitch classes [PICTURES, 12] of [NOTES, G], C first: roots of the shares of all notes and of three registers,
    of all and of low ones while the clip opens; then the level of all and of low ones, tens of dB."""
    sharp, power = peaks(harmony[None])[0], (10.0**harmony).mean(-1).log10()
    octaves = _by_octave(sharp.mean(-1))
    opening = _by_octave(sharp[:, : max(1, sharp.shape[-1] // OPENING)].mean(-1))
    level = _by_octave(power - power.max()) / 2
    notes = [octaves, octaves[:2], octaves[2:4], octaves[4:], opening, opening[:2]]
    shares = [(one.sum(0) / one.sum().clamp_min(1e-6)).sqrt() for one in notes]
    return torch.stack([*shares, level.mean(0), level[:2].mean(0)]).roll(-3, -1)  # row 0 of a view is A


def _by_octave(notes: Tensor) -> Tensor:
    return notes.reshape(_OCTAVES, 12)
