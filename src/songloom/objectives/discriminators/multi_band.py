"""DAC's multi-band complex STFT discriminator: separate layers for each band of each of several spectra.

Kumar et al. 2023 (arXiv 2306.06546), section 3.4: splitting the frequencies makes high ones as well modelled as
low ones. Spectra are scaled so that noise keeps its variance, as EnCodec's are; DAC's own are larger.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from songloom.config import Settings
from songloom.objectives.discriminators.discriminator import Discriminator, Judgement, complex_image


class MultiBand(Discriminator, kind="multi-band"):
    """A network for each window length; `edges` are the bands' limits as parts of half the sample rate."""

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        channels: int = 1
        windows: tuple[int, ...] = (2048, 1024, 512)
        edges: tuple[float, ...] = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
        width: int = 32

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.networks = nn.ModuleList(_Bands(config, window) for window in config.windows)

    def forward(self, shown: Tensor) -> list[Judgement]:
        return [network(shown) for network in self.networks]


class _Bands(nn.Module):
    """One spectrum: a stack of convolutions for each band, and one score for each frame and piece of frequency."""

    def __init__(self, config: MultiBand.Config, window: int) -> None:
        super().__init__()
        self.window = window
        corners = [int(edge * (window // 2 + 1)) for edge in config.edges]
        self.bands = [slice(low, high) for low, high in pairwise(corners)]
        self.stacks = nn.ModuleList(_stack(2 * config.channels, config.width) for _ in self.bands)
        self.last = weight_norm(nn.Conv2d(config.width, 1, 3, padding=1))

    def forward(self, wave: Tensor) -> Judgement:
        image, features, ends = complex_image(wave, self.window), [], []
        for band, stack in zip(self.bands, self.stacks, strict=True):
            inner = image[..., band]
            for layer in cast(nn.ModuleList, stack):
                inner = functional.leaky_relu(layer(inner), 0.1)
                features.append(inner)
            ends.append(inner)
        return Judgement(self.last(torch.cat(ends, -1)), tuple(features))


def _stack(channels: int, width: int) -> nn.ModuleList:
    """Long in frequency (9 bins), short in time (3 frames); the middle three take every second bin."""
    first = nn.Conv2d(channels, width, (3, 9), padding=(1, 4))
    middle = [nn.Conv2d(width, width, (3, 9), (1, 2), padding=(1, 4)) for _ in range(3)]
    return nn.ModuleList(weight_norm(layer) for layer in (first, *middle, nn.Conv2d(width, width, 3, padding=1)))
