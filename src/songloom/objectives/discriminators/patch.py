"""The patch discriminator: one score for each neighbourhood of an image, here of a spectrogram.

Isola et al. 2017 (arXiv 1611.07004), section 3.2.2; VQGAN (arXiv 2012.09841) uses it on images. Normalised weights
stand for their batch norm, which would let items of a batch see each other.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from songloom.config import Settings
from songloom.objectives.discriminators.discriminator import Discriminator, Judgement, Layers


class Patch(Discriminator, kind="patch"):
    """Images [B, C, M, F]; all 4 x 4 layers but the last two take every second row and column."""

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        channels: int = 1
        widths: tuple[int, ...] = (64, 128, 256, 512)

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        entering = (config.channels, *config.widths[:-1])
        inner = [
            nn.Conv2d(before, width, 4, 1 if place == len(config.widths) - 1 else 2, padding=1)
            for place, (before, width) in enumerate(zip(entering, config.widths, strict=True))
        ]
        self.network = Layers(inner, nn.Conv2d(config.widths[-1], 1, 4, padding=1), slope=0.2)

    def forward(self, shown: Tensor) -> list[Judgement]:
        return [self.network(shown)]
