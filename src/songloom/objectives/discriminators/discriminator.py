"""What every discriminator gives: scores of how real a sound or an image is, and the activations on the way."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from songloom.audio.spectrogram import Stft
from songloom.config import Configurable, Settings


class Judgement(NamedTuple):
    """Of one network: `score` [B, 1, ...], one for each place it looks at, high for real; `features`, its inner
    activations [B, width, ...], first to last."""

    score: Tensor
    features: tuple[Tensor, ...]


class Discriminator(nn.Module, Configurable):
    """Several networks of one kind that look at waves [B, C, T] (a patch discriminator: at images [B, C, M, F])."""

    config: Settings

    def __init__(self) -> None:
        nn.Module.__init__(self)

    @abstractmethod
    def forward(self, shown: Tensor) -> list[Judgement]:
        """One judgement of each network."""


class Layers(nn.Module):
    """Convolutions with normalised weights (arXiv 1602.07868) and leaky rectifiers, then one that gives the score."""

    def __init__(self, inner: Sequence[nn.Module], last: nn.Module, *, slope: float) -> None:
        super().__init__()
        self.inner = nn.ModuleList(weight_norm(layer) for layer in inner)
        self.last = weight_norm(last)
        self.slope = slope

    def forward(self, shown: Tensor) -> Judgement:
        features = []
        for layer in self.inner:
            shown = functional.leaky_relu(layer(shown), self.slope)
            features.append(shown)
        return Judgement(self.last(shown), tuple(features))


def complex_image(wave: Tensor, window: int) -> Tensor:
    """The STFT of [B, C, T] at steps of a quarter of `window`, as an image [B, 2 C, F, bins]: real and imaginary
    parts, scaled so that white noise keeps its variance."""
    stft = Stft(window, window // 4)
    size = stft.window(wave).square().sum().sqrt()
    parts = torch.view_as_real(stft.transform(wave) / size)
    return rearrange(parts, "b c n f part -> b (c part) f n").contiguous()
