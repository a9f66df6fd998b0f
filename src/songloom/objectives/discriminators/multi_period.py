"""The multi-period discriminator: each network sees every p-th sample, so it hears what repeats.

HiFi-GAN, Kong, Kim & Bae 2020 (arXiv 2010.05646), section 2.3; DAC (arXiv 2306.06546) uses it as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.config import Settings
from songloom.objectives.discriminators.discriminator import Discriminator, Judgement, Layers


class MultiPeriod(Discriminator, kind="multi-period"):
    """Waves folded into columns of p samples, convolved along the rows only."""

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        channels: int = 1
        periods: tuple[int, ...] = (2, 3, 5, 7, 11)
        widths: tuple[int, ...] = (32, 128, 512, 1024, 1024)

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.networks = nn.ModuleList(_columns(config.channels, config.widths) for _ in config.periods)

    def forward(self, shown: Tensor) -> list[Judgement]:
        return [
            network(folded(shown, period)) for period, network in zip(self.config.periods, self.networks, strict=True)
        ]


def folded(wave: Tensor, period: int) -> Tensor:
    """[B, C, T] -> [B, C, ceil(T / period), period]; the end is mirrored to fill the last row."""
    padded = functional.pad(wave, (0, -wave.shape[-1] % period), mode="reflect")
    return rearrange(padded, "b c (row column) -> b c row column", column=period)


def _columns(channels: int, widths: tuple[int, ...]) -> Layers:
    """All layers but the last inner one take every third row."""
    entering = (channels, *widths[:-1])
    inner = [
        nn.Conv2d(before, width, (5, 1), (1 if place == len(widths) - 1 else 3, 1), padding=(2, 0))
        for place, (before, width) in enumerate(zip(entering, widths, strict=True))
    ]
    return Layers(inner, nn.Conv2d(widths[-1], 1, (3, 1), padding=(1, 0)), slope=0.1)
