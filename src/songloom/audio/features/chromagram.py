"""The strongest pitch class over time, by a filter bank over a long spectrum: MusicGen's view of a melody.

Copet et al. 2023 (arXiv 2306.05284, section 2.3): one class a frame leaves a melody and little else. The bank is
Ellis's of 2007 ("Chroma feature analysis and synthesis"), as librosa has it; the reader of keys and chords is in
`chroma.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

CENTRE_OCTAVE, OCTAVE_WIDTH = 5.0, 2.0
"""The bank is loudest five octaves above the lowest A and falls off on both sides as a bell (in octaves)."""
LOWEST_A = 27.5
C_ABOVE_A = 3


@lru_cache(maxsize=4)
def chroma_filters(sample_rate: int, n_fft: int, classes: int = 12) -> Tensor:
    """[classes, n_fft // 2 + 1]: how much a frequency counts for each pitch class (C first, A at 440 Hz)."""
    hertz = np.arange(1, n_fft) * sample_rate / n_fft
    place = classes * np.log2(hertz / LOWEST_A)
    place = np.concatenate([[place[0] - 1.5 * classes], place])  # 0 Hz: an octave and a half below the first
    spread = np.concatenate([np.maximum(np.diff(place), 1.0), [1.0]])
    half = round(classes / 2)
    distance = (place - np.arange(classes)[:, None] + half) % classes - half
    weights = np.exp(-0.5 * (2 * distance / spread) ** 2)
    weights /= np.sqrt((weights**2).sum(0, keepdims=True))
    weights *= np.exp(-0.5 * ((place / classes - CENTRE_OCTAVE) / OCTAVE_WIDTH) ** 2)
    weights = np.roll(weights, -C_ABOVE_A * (classes // 12), axis=0)
    return torch.from_numpy(weights[:, : n_fft // 2 + 1].astype(np.float32))


@dataclass(frozen=True, kw_only=True)
class Chromagram:
    """Frames of `n_fft` samples every `hop_length`; `classes` pitch classes."""

    n_fft: int = 16_384
    hop_length: int = 4096
    classes: int = 12

    def frames(self, samples: int) -> int:
        """Frames of a wave of `samples` samples."""
        return max(samples, self.n_fft) // self.hop_length + 1

    def dominant(self, wave: Tensor, sample_rate: int) -> Tensor:
        """One-hot [B, F, classes], the strongest class of each frame (the first one in silence), of mono waves
        [B, T]; short ones are filled up with silence on both sides."""
        missing = max(0, self.n_fft - wave.shape[-1])
        wave = functional.pad(wave, (missing // 2, missing - missing // 2))
        window = torch.hann_window(self.n_fft, dtype=wave.dtype, device=wave.device)
        power = torch.stft(wave, self.n_fft, self.hop_length, window=window, return_complex=True).abs().square()
        chroma = chroma_filters(sample_rate, self.n_fft, self.classes).to(power) @ power
        return functional.one_hot(chroma.argmax(1), self.classes).to(wave.dtype)
