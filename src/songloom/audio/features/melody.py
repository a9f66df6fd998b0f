"""The melody as the strongest pitch class of each moment: what is left of a tune when its sound is taken away.

Music ControlNet (Wu et al. 2023, arXiv 2311.07069, section III-B): the spectrum without the low notes, which are the
bass's, folded into twelve classes, of which the strongest one is kept. Where next to nothing sounds there is none.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from songloom.audio.features.chromagram import chroma_filters
from songloom.audio.features.signal import ANALYSIS_RATE, analysis_signal
from songloom.audio.spectrogram import Stft

STFT = Stft(4096, 441, padding="same")
FRAME_RATE = ANALYSIS_RATE / STFT.hop_length  # 50 frames per second
LOWEST = 261.6  # Hz: middle C
QUIET = 1e-5  # of the mean power of the loudest tenth of the frames: 50 dB less
SILENT = 1e-7  # power per bin: about -60 dB of full scale


def melody(wave: Tensor, sample_rate: int) -> Tensor:
    """One-hot [12, F] (C first) of a wave [C, T], 50 frames per second; all 0 in silence."""
    magnitude = STFT.magnitude(analysis_signal(wave, sample_rate))
    hertz = torch.linspace(0, ANALYSIS_RATE / 2, STFT.bins)
    # A second-order cut: the power falls by 12 dB for every octave below.
    cut = 1 / (1 + (LOWEST / hertz.clamp_min(1.0)) ** 4)
    power = magnitude.square() * cut[:, None]
    chroma = chroma_filters(ANALYSIS_RATE, STFT.n_fft) @ power
    total = power.sum(0)
    loud = total.topk(max(1, len(total) // 10)).values.mean()
    sounds = total > max(float(QUIET * loud), SILENT * STFT.n_fft)
    return functional.one_hot(chroma.argmax(0), 12).T.float() * sounds
