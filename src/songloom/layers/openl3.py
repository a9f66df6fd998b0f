"""OpenL3 (Cramer et al. 2019): one second of sound at 48 kHz to 512 or 6144 numbers, learned from videos alone.

The audio half of Look, Listen and Learn (Arandjelovic & Zisserman 2017, arXiv 1705.08168) on 256 mel bands. The front
end is that of openl3 0.4: amplitudes, not energies, in 10 log10, below the loudest place of the second. torchopenl3 has
the same network behind another front end, so its figures differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.audio.spectrogram import mel_filters

SAMPLE_RATE = WINDOW = 48_000
N_FFT, HOP, BANDS, FRAMES = 2048, 242, 256, 199
FLOOR, RANGE = 1e-10, 80.0
POOLED = (1, 3, 5)
"""Convolutions after whose ReLU the image is halved."""
POOLS = {512: (32, 24), 6144: (8, 8)}
"""What the last pooling takes of the image of 32 x 24 places, by the width that it leaves of 512 channels."""


class OpenL3(nn.Module):
    """Windows [N, T=48000] in [-1, 1] -> embeddings [N, E]. The defaults are the published sizes."""

    filters: Tensor

    def __init__(self, embedding: int = 512, widths: Sequence[int] = (64, 128, 256, 512)) -> None:
        super().__init__()
        if embedding not in POOLS:
            raise ValueError(f"embedding of {embedding} numbers; it is {' or '.join(map(str, POOLS))}")
        self.pool = POOLS[embedding]
        self.width = widths[-1] * (32 // self.pool[0]) * (24 // self.pool[1])
        channels = [1, *(width for width in widths for _ in range(2))]
        self.convs = nn.ModuleList(nn.Conv2d(*pair, 3, padding=1) for pair in pairwise(channels))
        self.norms = nn.ModuleList(nn.BatchNorm2d(width, eps=1e-3) for width in channels[:-1])
        filters = mel_filters(SAMPLE_RATE, N_FFT, BANDS)
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, windows: Tensor) -> Tensor:
        return self.embed(self.decibels(windows))

    def decibels(self, windows: Tensor) -> Tensor:
        """Windows [N, T=48000] -> mel amplitudes [N, M, F] in 10 log10, from -80 to 0 for the loudest of each."""
        padded = functional.pad(windows, (0, (FRAMES - 1) * HOP + N_FFT - WINDOW))
        frames = padded.unfold(-1, N_FFT, HOP) * torch.hann_window(N_FFT, dtype=windows.dtype, device=windows.device)
        mel = rearrange(torch.fft.rfft(frames).abs() @ self.filters.T, "n f m -> n m f")
        loud = 10.0 * torch.log10(mel.clamp_min(FLOOR))
        return (loud - loud.amax((1, 2), keepdim=True)).clamp_min(-RANGE)

    def embed(self, decibels: Tensor) -> Tensor:
        """[N, M=256, F=199] -> [N, E]; the last convolution has neither norm nor ReLU."""
        image = self.norms[0](rearrange(decibels, "n m f -> n 1 m f"))
        for place, (conv, norm) in enumerate(zip(self.convs[:-1], self.norms[1:], strict=True)):
            image = functional.relu(norm(conv(image)))
            if place in POOLED:
                image = functional.max_pool2d(image, 2)
        pooled = functional.max_pool2d(self.convs[-1](image), self.pool)
        return rearrange(pooled, "n c m f -> n (m f c)")
