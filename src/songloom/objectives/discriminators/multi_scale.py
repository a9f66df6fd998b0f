"""The multi-scale discriminator: the same network on the wave, on its half rate and on its quarter rate.

MelGAN, Kumar et al. 2019 (arXiv 1910.06711), section 2.2; SoundStream's waveform discriminator is the same
(arXiv 2107.03312, section III-D).
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from songloom.config import Settings
from songloom.objectives.discriminators.discriminator import Discriminator, Judgement, Layers


class MultiScale(Discriminator, kind="multi-scale"):
    """Grouped convolutions with long kernels; inner layers keep four channels to a group and take every fourth
    sample."""

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        channels: int = 1
        scales: int = 3
        widths: tuple[int, ...] = (16, 64, 256, 1024, 1024, 1024)

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.networks = nn.ModuleList(_samples(config.channels, config.widths) for _ in range(config.scales))

    def forward(self, shown: Tensor) -> list[Judgement]:
        judgements = []
        for place, network in enumerate(self.networks):
            if place:
                shown = functional.avg_pool1d(shown, 4, 2, padding=1, count_include_pad=False)
            judgements.append(network(shown))
        return judgements


def _samples(channels: int, widths: tuple[int, ...]) -> Layers:
    first, *middle, last = widths
    inner = [nn.Conv1d(channels, first, 15, padding=7)]
    before = first
    for width in middle:
        inner.append(nn.Conv1d(before, width, 41, 4, padding=20, groups=max(1, before // 4)))
        before = width
    inner.append(nn.Conv1d(before, last, 5, padding=2))
    return Layers(inner, nn.Conv1d(last, 1, 3, padding=1), slope=0.2)
