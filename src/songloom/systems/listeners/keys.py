"""Keys heard in a spectrum, by what gradients pass through: how much its pitch classes are like each key's profile.

The judge of keys (`audio.features.key`) finds peaks in long windows. This one hears a codec's own spectra, in which low
semitones run into each other; their overtones tell them apart. The profiles are the same.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom.audio.features.key import MAJOR, MINOR

LOWEST, HIGHEST = 55, 90
"""MIDI numbers of the semitones that are heard: 196 Hz to 1.5 kHz, three of each class."""
BREADTH, NARROWEST = 0.5, 12.0
"""Deviation of a semitone's filter, as a part of the semitone, and in Hz at least."""
SHARPNESS = 8.0
"""What correlations are multiplied by: the logits that fit the band's own keys best."""
SILENCE = 1e-6


class Keys(nn.Module):
    """Magnitudes of spectra of `n_fft` samples at `sample_rate` -> logits of 24 keys: 0..11 major from C, 12..23
    minor. Nothing in it is learned."""

    def __init__(self, sample_rate: int, n_fft: int) -> None:
        super().__init__()
        hertz = torch.arange(n_fft // 2 + 1) * (sample_rate / n_fft)
        pitches = torch.arange(LOWEST, HIGHEST + 1)
        centres = 440.0 * 2.0 ** ((pitches - 69) / 12)
        widths = (BREADTH * (2 ** (1 / 12) - 1) * centres).clamp_min(NARROWEST)
        filters = torch.exp(-0.5 * ((hertz - centres[:, None]) / widths[:, None]).square())
        profiles = torch.from_numpy(np.stack([np.roll(one, tonic) for one in (MAJOR, MINOR) for tonic in range(12)]))
        self.register_buffer("filters", filters / filters.sum(1, keepdim=True), persistent=False)
        self.register_buffer("classes", functional.one_hot(pitches % 12, 12).float(), persistent=False)
        self.register_buffer("profiles", standard(profiles.float()), persistent=False)

    def forward(self, magnitudes: Tensor, mask: Tensor) -> Tensor:
        """[B, bins, F] -> [B, 24], of the frames of `mask` [B, F]."""
        power = self.get_buffer("filters") @ magnitudes.square()
        strength = (power + SILENCE).sqrt()
        around = functional.pad(strength, (0, 0, 1, 1), mode="replicate")
        above = (strength - 0.5 * (around[:, :-2] + around[:, 2:])).clamp_min(0.0)
        heard = (above * mask[:, None]).sum(-1) @ self.get_buffer("classes")
        return SHARPNESS * standard(heard) @ self.get_buffer("profiles").T


def standard(classes: Tensor) -> Tensor:
    """[..., 12] without their mean, of length 1; zero where they are all alike."""
    return functional.normalize(classes - classes.mean(-1, keepdim=True), dim=-1, eps=SILENCE)
