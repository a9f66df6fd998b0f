"""SoundStream's STFT discriminator: residual blocks over one complex spectrum, a score for each few frames.

Zeghidour et al. 2021 (arXiv 2107.03312), section III-D and figure 4.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from songloom.config import Settings
from songloom.objectives.discriminators.discriminator import Discriminator, Judgement, complex_image

GROWTH = (2, 2, 1, 2, 1, 2)
"""By how much each block widens; they halve the bins, every second one the frames too."""
SLOPE = 0.3


class ComplexStft(Discriminator, kind="complex-stft"):
    """7 x 7 convolution, six residual blocks, and one score from all that is left of the frequencies."""

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        channels: int = 1
        window: int = 1024
        width: int = 32

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        if config.window % 128:
            raise ValueError(f"window is {config.window}; it must be a multiple of 128, since six blocks halve it")
        self.first = weight_norm(nn.Conv2d(2 * config.channels, config.width, 7, padding=3))
        width, blocks = config.width, []
        for place, growth in enumerate(GROWTH):
            blocks.append(_Block(width, growth * width, (1 + place % 2, 2)))
            width *= growth
        self.blocks = nn.ModuleList(blocks)
        self.last = weight_norm(nn.Conv2d(width, 1, (1, config.window // 128)))

    def forward(self, shown: Tensor) -> list[Judgement]:
        image = complex_image(shown, self.config.window)[..., :-1]  # without half the sample rate: bins that halve
        image = functional.leaky_relu(self.first(image), SLOPE)
        features = [image]
        for block in self.blocks:
            image = block(image)
            features.append(image)
        return [Judgement(self.last(image), tuple(features))]


class _Block(nn.Module):
    """A 3 x 3 convolution and a strided one beside a strided 1 x 1: [B, width, F, N] -> [B, wider, F / s, N / 2].

    The 1 x 1 takes its steps by slicing: oneDNN's gradient of a strided one writes past its memory when there are two
    channels that lie together (torch 2.13)."""

    def __init__(self, width: int, wider: int, stride: tuple[int, int]) -> None:
        super().__init__()
        frames = stride[0] + 2
        self.stride = stride
        self.near = weight_norm(nn.Conv2d(width, width, 3, padding=1))
        self.far = weight_norm(nn.Conv2d(width, wider, (frames, 4), stride))
        self.beside = weight_norm(nn.Conv2d(width, wider, 1))

    def forward(self, image: Tensor) -> Tensor:
        inner = functional.leaky_relu(self.near(image), SLOPE)
        inner = self.far(functional.pad(inner, (1, 1, 1, 1)))
        beside = self.beside(image[:, :, :: self.stride[0], :: self.stride[1]])[:, :, : inner.shape[2]]
        return functional.leaky_relu(inner + beside, SLOPE)
