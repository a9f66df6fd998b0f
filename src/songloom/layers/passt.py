"""PaSST (Koutini et al. 2022, arXiv 2110.05069): a transformer that tells AudioSet's 527 sounds apart in 10 s and more.

Overlapping patches of log-mel with one position for their band and one for their time; two tokens beside them, whose
mean is the embedding. What is shorter than the table of times has fewer patches. Patchout is for training alone.
"""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor, nn

from songloom.audio.spectrogram import mel_filters
from songloom.layers.cnn14 import Heard
from songloom.layers.spectrogram_transformer import Encoder

SAMPLE_RATE = 32_000
N_FFT, WINDOW, HOP, BANDS, HIGH = 1024, 800, 320, 128, 15_000.0
OFFSET, LEVEL, SPREAD = 1e-5, -4.5, 5.0
PREEMPHASIS = 0.97
PATCH, STRIDE = 16, 10
ROWS = (BANDS - PATCH) // STRIDE + 1


class Passt(nn.Module):
    """Waves [B, T] at 32 kHz in [-1, 1] -> embedding [B, E] and logits [B, classes]. The defaults are the published
    sizes of 10 s: `columns` is how many patches of time have a position, 10 for each second."""

    filters: Tensor
    window: Tensor

    def __init__(
        self,
        columns: int = 99,
        *,
        width: int = 768,
        depth: int = 12,
        heads: int = 12,
        hidden: int = 3072,
        classes: int = 527,
    ) -> None:
        super().__init__()
        self.columns, self.width = columns, width
        self.enter = nn.Conv2d(1, width, PATCH, STRIDE)
        self.bands = nn.Parameter(torch.zeros(width, ROWS, 1))
        self.times = nn.Parameter(torch.zeros(width, 1, columns))
        self.tokens = nn.Parameter(torch.zeros(2, width))
        self.encoder = Encoder(width, depth, heads, hidden)
        self.head_norm = nn.LayerNorm(width)
        self.classify = nn.Linear(width, classes)
        filters = mel_filters(
            SAMPLE_RATE, N_FFT, BANDS, high=HIGH, scale="htk", equal_area=False, straight_in="mel"
        )  # Kaldi's
        self.register_buffer("filters", filters, persistent=False)
        self.register_buffer("window", torch.hann_window(WINDOW, periodic=False), persistent=False)

    def forward(self, waves: Tensor) -> Heard:
        """Raises ValueError for waves shorter than a patch or longer than the table of times."""
        return self.hear(self.log_mel(waves))

    def log_mel(self, waves: Tensor) -> Tensor:
        """[B, T] -> [B, M, F], F = 1 + (T - 1) // 320: energies of the wave less 0.97 of the sample before, mirrored
        at its ends, of 25 ms every 10 ms; (ln(mel + 1e-5) + 4.5) / 5."""
        if waves.shape[-1] <= N_FFT // 2 + 1:
            raise ValueError(f"the wave has {waves.shape[-1]} samples; PaSST needs over {N_FFT // 2 + 1}")
        sharp = waves[..., 1:] - PREEMPHASIS * waves[..., :-1]
        spectrum = torch.stft(sharp, N_FFT, HOP, WINDOW, self.window, center=True, return_complex=True)
        mel = self.filters @ spectrum.abs().square()
        return (torch.log(mel + OFFSET) - LEVEL) / SPREAD

    def hear(self, mel: Tensor) -> Heard:
        """Frames [B, M=128, F] -> embedding and logits."""
        count = (mel.shape[-1] - PATCH) // STRIDE + 1
        if not 1 <= count <= self.columns:
            longest = (self.columns - 1) * STRIDE + PATCH + STRIDE - 1
            raise ValueError(f"{mel.shape[-1]} frames; this PaSST hears {PATCH} to {longest}")
        patches = self.enter(rearrange(mel, "b m f -> b 1 m f")) + self.times[..., :count] + self.bands
        tokens = self.tokens.expand(len(mel), -1, -1)
        x = self.encoder(torch.cat([tokens, rearrange(patches, "b d rows columns -> b (rows columns) d")], dim=1))
        embedding = x[:, :2].mean(1)
        return Heard(embedding, self.classify(self.head_norm(embedding)))
