"""VGGish (Hershey et al. 2017, arXiv 1609.09430): log-mel examples of 0.96 s to 128 numbers, a small VGG.

The embedding is what the last layer gives before any ReLU, principal components and rounding: the space of the Fréchet
audio distance (Kilgour et al. 2019, arXiv 1812.08466).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.audio.spectrogram import mel_filters

SAMPLE_RATE = 16_000
WINDOW, HOP, N_FFT, BANDS = 400, 160, 512, 64
LOW, HIGH, OFFSET = 125.0, 7500.0, 0.01
EXAMPLE_FRAMES = 96
EXAMPLE_SAMPLES = WINDOW + (EXAMPLE_FRAMES - 1) * HOP
"""Samples that the frames of one example see, 0.975 s."""
POOLED = (0, 1, 3, 5)
"""Convolutions after which the image is halved."""


class Vggish(nn.Module):
    """Log-mel examples [N, F=96, M=64] -> embeddings [N, E]. The defaults are the published sizes."""

    def __init__(
        self, widths: Sequence[int] = (64, 128, 256, 256, 512, 512), hidden: int = 4096, embedding: int = 128
    ) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(*pair, 3, padding=1) for pair in pairwise((1, *widths)))
        places = (EXAMPLE_FRAMES >> len(POOLED)) * (BANDS >> len(POOLED))
        sizes = (places * widths[-1], hidden, hidden, embedding)
        self.dense = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(sizes))
        self.width = embedding

    def forward(self, examples: Tensor) -> Tensor:
        image = rearrange(examples, "n f m -> n 1 f m")
        for place, conv in enumerate(self.convs):
            image = functional.relu(conv(image))
            if place in POOLED:
                image = functional.max_pool2d(image, 2)
        x = rearrange(image, "n c f m -> n (f m c)")
        for layer in self.dense[:-1]:
            x = functional.relu(layer(x))
        return self.dense[-1](x)


def log_mel_frames(wave: Tensor) -> Tensor:
    """Wave [T] at 16 kHz -> frames [F, M]: ln(mel amplitudes + 0.01), F = 1 + (T - 400) // 160, none beyond the wave.

    Windows of 25 ms every 10 ms (periodic Hann), mel triangles of HTK from 125 to 7500 Hz. Raises ValueError for a
    wave shorter than a window."""
    if wave.ndim != 1 or len(wave) < WINDOW:
        raise ValueError(f"the wave is {tuple(wave.shape)}; VGGish needs [T] of {WINDOW} samples or more")
    frames = wave.unfold(0, WINDOW, HOP) * torch.hann_window(WINDOW, dtype=wave.dtype, device=wave.device)
    filters = mel_filters(
        SAMPLE_RATE, N_FFT, BANDS, low=LOW, high=HIGH, scale="htk", equal_area=False, straight_in="mel"
    )
    return torch.log(torch.fft.rfft(frames, N_FFT).abs() @ filters.T.to(frames) + OFFSET)


def log_mel_examples(wave: Tensor, hop_frames: int = EXAMPLE_FRAMES) -> Tensor:
    """Wave [T] at 16 kHz -> examples [N, F=96, M=64] that begin every `hop_frames` frames, whole ones alone. Raises
    ValueError for a wave too short for one."""
    if wave.shape[-1] < EXAMPLE_SAMPLES:
        raise ValueError(f"the wave has {wave.shape[-1]} samples; an example of VGGish needs {EXAMPLE_SAMPLES}")
    return log_mel_frames(wave).unfold(0, EXAMPLE_FRAMES, hop_frames).transpose(1, 2)
