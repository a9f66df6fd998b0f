"""Music brought to the levels that were asked of it, as an engineer rides a fader.

A network under a curve of dynamics plays softer and louder, but only about as much as is asked. The rest is a gain of a
few decibels that changes no quicker than the curve does. It is measured against one gain for all of the piece, as
finishing sets the loudness, and rests where nothing is asked.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from songloom.audio.clip import Audio
from songloom.conditioning.curves import RATE, Curve

MOST_DECIBELS = 12.0
"""Either way; what is further off is left to the network."""
SMOOTHED_FRAMES = 11
"""Of the gain, a mean over 0.2 s: where the curve begins and ends to ask for something it does not jump."""
AROUND_SECONDS = 1.0
"""Of its other end that a loop is heard with beyond each end."""


def faded(wave: Tensor, sample_rate: int, asked: Curve) -> Tensor:
    """A wave [C, T] at the levels `asked` up to one gain, as far as `MOST_DECIBELS` lead there; all of it quieter where
    it would not stay within [-1, 1]. Raises ValueError for a curve that is not of dynamics."""
    decibels = gains(wave, sample_rate, asked)
    moments = (np.arange(wave.shape[-1]) + 0.5) / sample_rate * RATE - 0.5
    line = np.interp(moments, np.arange(len(decibels)), decibels.double().numpy())
    louder = wave * torch.from_numpy(10 ** (line / 20)).to(wave)
    return louder / louder.abs().max().clamp_min(1.0)


def faded_circle(wave: Tensor, sample_rate: int, asked: Curve) -> Tensor:
    """The same of a loop, whose end leads to its beginning."""
    frames = min(asked.frames, round(AROUND_SECONDS * RATE))
    around = min(wave.shape[-1], round(frames / RATE * sample_rate))
    wide = torch.cat([wave[..., wave.shape[-1] - around :], wave, wave[..., :around]], dim=-1)
    places = torch.arange(-frames, asked.frames + frames) % asked.frames
    curve = Curve(asked.name, asked.values[:, places], asked.mask[places])
    return faded(wide, sample_rate, curve)[..., around : around + wave.shape[-1]]


def gains(wave: Tensor, sample_rate: int, asked: Curve) -> Tensor:
    """The fader's decibels [F], 50 frames a second, for a wave [C, T]. Raises ValueError as `faded`."""
    if asked.name != "dynamics":
        raise ValueError(f"a fader follows dynamics, not {asked.name}")
    heard = Curve.of_audio("dynamics", Audio(wave.detach().float().cpu(), sample_rate))
    values, known = asked.on(RATE, heard.frames)
    lacking = (values - heard.values)[0]
    usual = lacking[known].median() if bool(known.any()) else lacking.new_zeros(())
    wanted = torch.where(known, (lacking - usual).clamp(-MOST_DECIBELS, MOST_DECIBELS), 0.0)
    reach = SMOOTHED_FRAMES // 2
    padded = functional.pad(wanted[None], (reach, reach), mode="replicate")
    return functional.avg_pool1d(padded, SMOOTHED_FRAMES, 1)[0]
