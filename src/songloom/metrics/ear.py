"""The ear: a small network that tells style, mood, families of instruments and drums of band music.

It judges what a generator made against what was asked, and its embedding is the space of the Fréchet
distance. It knows only the built-in band's world, so its own accuracy on held-out band clips must stand
beside every figure that it gives. Trained in minutes on a CPU: convolutions over a log-mel picture, then
the mean and maximum over time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..audio.spectrogram import Stft, log_mel, mel_filters
from ..band.sounds import FAMILIES

SAMPLE_RATE = 32_000
SECONDS = 8.0
BANDS = 80
WIDTH = 128


@dataclass(frozen=True, slots=True)
class Heard:
    """What the ear says of one clip: the likeliest style and mood, families with their probability, drums."""

    style: str
    mood: str
    families: dict[str, float]
    drums: float


class Ear(nn.Module):
    """Wave [B, 1, T] at 32 kHz -> embedding [B, E] and logits for styles, moods, families and drums."""

    def __init__(self, styles: Sequence[str], moods: Sequence[str]) -> None:
        super().__init__()
        self.styles, self.moods = tuple(styles), tuple(moods)
        self.stft = Stft(2048, 1024)
        self.register_buffer("filters", mel_filters(SAMPLE_RATE, 2048, BANDS, low=30.0))
        self.blocks = nn.Sequential(_block(1, 24), _block(24, 48), _block(48, 96), _block(96, 160))
        self.embed = nn.Linear(2 * 160, WIDTH)
        sizes = (len(self.styles), len(self.moods), len(FAMILIES), 1)
        self.heads = nn.ModuleList(nn.Linear(WIDTH, size) for size in sizes)

    def features(self, wave: Tensor) -> Tensor:
        """[B, 1, T] -> log-mel [B, 1, M, F] at the clip's own level."""
        mel = log_mel(self.stft.magnitude(wave[:, 0]), self.get_buffer("filters"))
        return ((mel - mel.mean(dim=(1, 2), keepdim=True)) / 2.0)[:, None]

    def embedding(self, wave: Tensor) -> Tensor:
        """[B, 1, T] -> [B, E]."""
        picture = self.blocks(self.features(wave)).mean(dim=2)
        return self.embed(torch.cat([picture.mean(-1), picture.amax(-1)], dim=1))

    def forward(self, wave: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Logits [B, styles], [B, moods], [B, families], [B, 1]."""
        hidden = functional.dropout(functional.gelu(self.embedding(wave)), 0.2, self.training)
        style, mood, families, drums = (head(hidden) for head in self.heads)
        return style, mood, families, drums

    def loss(self, wave: Tensor, labels: Sequence[Mapping[str, Any]]) -> Tensor:
        """Sum of the cross-entropies of the four questions."""
        style, mood, families, drums = self(wave)
        styles = torch.tensor([self.styles.index(one["style"]) for one in labels])
        moods = torch.tensor([self.moods.index(one["mood"]) for one in labels])
        present = torch.tensor([[float(name in one["families"]) for name in FAMILIES] for one in labels])
        drummed = torch.tensor([[float(one["drums"])] for one in labels])
        return (
            functional.cross_entropy(style, styles, label_smoothing=0.05)
            + 0.5 * functional.cross_entropy(mood, moods, label_smoothing=0.05)
            + 2.0 * functional.binary_cross_entropy_with_logits(families, present)
            + functional.binary_cross_entropy_with_logits(drums, drummed)
        )

    @torch.inference_mode()
    def windows(self, wave: Tensor) -> Tensor:
        """[1, T] -> [N, 1, W]: the deterministic windows of a clip, half overlapping; a short clip is one, as it is."""
        size = round(SECONDS * SAMPLE_RATE)
        if wave.shape[-1] <= size:
            return wave[None]
        return torch.stack([wave[:, at : at + size] for at in range(0, wave.shape[-1] - size + 1, size // 2)])

    @torch.inference_mode()
    def listen(self, wave: Tensor) -> Heard:
        """What a clip [1, T] is: the logits' mean over its windows."""
        style, mood, families, drums = (logits.mean(0) for logits in self(self.windows(wave)))
        return Heard(
            self.styles[int(style.argmax())],
            self.moods[int(mood.argmax())],
            dict(zip(FAMILIES, families.sigmoid().tolist(), strict=True)),
            float(drums.sigmoid()),
        )


def _block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=(2, 1), padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.GELU(),
        nn.Conv2d(outputs, outputs, 3, padding=1, groups=outputs, bias=False),
        nn.Conv2d(outputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.GELU(),
        nn.AvgPool2d((1, 2)),
    )


def train_ear(
    ear: Ear,
    batch: Callable[[int], tuple[Tensor, Sequence[Mapping[str, Any]]]],
    *,
    steps: int,
    seed: int = 0,
    rate: float = 2e-3,
    progress: Callable[[int, float], None] | None = None,
) -> Ear:
    """Trains on `batch(step)` = (waves [B, 1, T], labels) with AdamW and a one-cycle rate; returns it in eval mode."""
    torch.manual_seed(seed)
    optimiser = torch.optim.AdamW(ear.parameters(), lr=rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    ear.train()
    for step in range(steps):
        wave, labels = batch(step)
        loss = ear.loss(wave, labels)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        schedule.step()
        if progress:
            progress(step, float(loss))
    return ear.eval()
