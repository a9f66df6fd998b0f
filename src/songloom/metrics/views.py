"""What the ear looks at: timbre, harmony and rhythm of a wave as pictures that know nothing of its level.

Timbre is a mel spectrogram, harmony a spectrogram in semitones (where a chord keeps its shape in every key),
rhythm the correlation of the onsets with themselves at the lags of musical beats.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from songloom.audio.spectrogram import Stft, mel_filters

SAMPLE_RATE = 32_000
MELS = 80
LOWEST_NOTE, NOTES = 33, 72  # MIDI: A1 (55 Hz) and the six octaves above
FLOOR = -70.0  # dB under the loudest place of a clip
TIMBRE_STFT = Stft(2048, 1024)
HARMONY_STFT = Stft(8192, 2048)
FRAME_RATE = SAMPLE_RATE / TIMBRE_STFT.hop_length
REGISTERS = 4  # of the onsets: bass to cymbals
LAGS = torch.from_numpy(np.geomspace(0.12, 2.4, 56)).float() * FRAME_RATE  # frames
RHYTHM_WIDTH = REGISTERS * len(LAGS)


class View(NamedTuple):
    """`timbre` [B, M, F] and `harmony` [B, NOTES, F // 2 + 1] in tens of dB above FLOOR, 0 to 7."""

    timbre: Tensor
    harmony: Tensor

    def crop(self, start: int, frames: int) -> View:
        """`frames` frames of timbre from `start` (both even), and the harmony of the same time."""
        first = start // 2
        return View(self.timbre[..., start : start + frames + 1], self.harmony[..., first : first + frames // 2 + 1])

    @property
    def frames(self) -> int:
        """Steps of timbre."""
        return self.timbre.shape[-1] - 1


def view(wave: Tensor) -> View:
    """Waves [B, T] at 32 kHz -> their views."""
    mel = mel_filters(SAMPLE_RATE, TIMBRE_STFT.n_fft, MELS, low=30.0, equal_area=False)
    notes = note_filters()
    return View(_decibels(mel @ TIMBRE_STFT.magnitude(wave)), _decibels(notes @ HARMONY_STFT.magnitude(wave)))


def note_filters() -> Tensor:
    """Filters [NOTES, bins]: Gaussians around the notes, a third of a semitone wide, or a bin where that is wider."""
    hertz = np.linspace(0.0, SAMPLE_RATE / 2, HARMONY_STFT.bins)[None]
    centre = 440.0 * 2.0 ** ((LOWEST_NOTE + np.arange(NOTES)[:, None] - 69) / 12)
    width = np.maximum(centre * (2.0 ** (1 / 36) - 1), SAMPLE_RATE / HARMONY_STFT.n_fft)
    return torch.from_numpy(np.exp(-0.5 * ((hertz - centre) / width) ** 2).astype(np.float32))


def rhythm(timbre: Tensor) -> Tensor:
    """Timbre [B, M, F] -> [B, RHYTHM_WIDTH]: correlation of the onsets in four registers at lags of 0.12 to 2.4 s."""
    rise = functional.relu(timbre[..., 1:] - timbre[..., :-1])
    bands = rise.reshape(len(rise), REGISTERS, MELS // REGISTERS, -1).mean(2)
    centred = bands - bands.mean(-1, keepdim=True)
    spectrum = torch.fft.rfft(centred, 2 * centred.shape[-1])
    correlation = torch.fft.irfft(spectrum.abs().square())[..., : centred.shape[-1]]
    correlation = correlation / correlation[..., :1].clamp_min(1e-6)
    low = LAGS.floor().long().clamp_max(correlation.shape[-1] - 2)
    share = (LAGS - low).clamp(0, 1)
    return ((1 - share) * correlation[..., low] + share * correlation[..., low + 1]).flatten(1)


def _decibels(magnitude: Tensor) -> Tensor:
    """Magnitudes [B, bands, F] in tens of dB above FLOOR under each clip's loudest place; silence is 0."""
    level = 20 * torch.log10(magnitude.clamp_min(1e-7))
    top = level.amax((-2, -1), keepdim=True).clamp_min(-70.0)
    return (level - top - FLOOR).clamp_min(0.0) / 10
