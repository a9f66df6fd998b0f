"""EnCodec's multi-scale STFT discriminator: one network for each of five window lengths, dilated in time.

Defossez et al. 2022 (arXiv 2210.13438), section 3.4.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from songloom.config import Settings
from songloom.objectives.discriminators.discriminator import Discriminator, Judgement, Layers, complex_image


class MultiScaleStft(Discriminator, kind="multi-scale-stft"):
    """Real and imaginary parts of all C channels enter together."""

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        channels: int = 1
        windows: tuple[int, ...] = (2048, 1024, 512, 256, 128)
        width: int = 32
        dilations: tuple[int, ...] = (1, 2, 4)

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.networks = nn.ModuleList(_frames(config) for _ in config.windows)

    def forward(self, shown: Tensor) -> list[Judgement]:
        return [
            network(complex_image(shown, window))
            for window, network in zip(self.config.windows, self.networks, strict=True)
        ]


def _frames(config: MultiScaleStft.Config) -> Layers:
    """3 frames by 9 bins; each dilated layer takes every second bin."""
    width = config.width
    first = nn.Conv2d(2 * config.channels, width, (3, 9), padding=(1, 4))
    dilated = [
        nn.Conv2d(width, width, (3, 9), (1, 2), padding=(dilation, 4), dilation=(dilation, 1))
        for dilation in config.dilations
    ]
    inner = [first, *dilated, nn.Conv2d(width, width, 3, padding=1)]
    return Layers(inner, nn.Conv2d(width, 1, 3, padding=1), slope=0.2)
