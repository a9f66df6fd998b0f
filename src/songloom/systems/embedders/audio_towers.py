"""Audio towers: a window of music to one vector, by a residual network, a transformer or statistics of its log-mel."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass, field

import torch
from einops import rearrange
from torch import Tensor, nn

from songloom.config import Configurable, Settings
from songloom.layers.mel import LogMel, MelScale
from songloom.layers.picture_statistics import size, statistics
from songloom.layers.residual_image import ResidualNetwork
from songloom.layers.spectrogram_transformer import Encoder, Patches


@dataclass(frozen=True, kw_only=True)
class AudioSettings(Settings):
    """Windows of `seconds` as log-mel by `mel`. In training a stripe of up to `stripes` bands and one of up to as many
    frames are hidden (SpecAugment, Park et al. 2019, arXiv 1904.08779), and the level moves by up to `gain` dB."""

    mel: MelScale = field(default_factory=MelScale)
    seconds: float = 10.0
    stripes: tuple[int, int] = (0, 0)
    gain: float = 0.0


class AudioTower(nn.Module, Configurable):
    """Log-mel of a window [B, M, F] -> [B, D]. `settle` takes the scale of the bands from music."""

    config: AudioSettings
    level: Tensor
    spread: Tensor

    def __init__(self, config: AudioSettings) -> None:
        nn.Module.__init__(self)
        self.mel = LogMel(config.mel)
        self.samples = round(config.seconds * config.mel.sample_rate)
        self.frames = math.ceil(self.samples / config.mel.hop_length)
        self.register_buffer("level", torch.zeros(config.mel.bands, 1))
        self.register_buffer("spread", torch.ones(config.mel.bands, 1))

    @property
    @abstractmethod
    def width(self) -> int:
        """Width D of the vector."""

    @abstractmethod
    def encode(self, picture: Tensor) -> Tensor:
        """Standardised pictures [B, M, F] -> [B, D]."""

    def forward(self, mel: Tensor) -> Tensor:
        return self.encode(self.picture(mel))

    @torch.no_grad()
    def settle(self, mel: Tensor) -> None:
        """Each band's mean and deviation over log-mel [B, M, F]."""
        rows = rearrange(mel, "b m f -> m (b f)")
        self.level.copy_(rows.mean(1, keepdim=True))
        self.spread.copy_(rows.std(1, keepdim=True).clamp_min(1e-3))

    @torch.no_grad()
    def log_mel(self, wave: Tensor) -> Tensor:
        """Mono waves [B, T] -> log-mel of a whole window: what is shorter is played again from its beginning. Raises
        ValueError for what is longer."""
        if wave.shape[-1] > self.samples:
            raise ValueError(f"the wave has {wave.shape[-1]} samples; a window holds {self.samples}")
        return self.mel(wave.repeat(1, math.ceil(self.samples / wave.shape[-1]))[:, : self.samples])

    @torch.no_grad()
    def picture(self, mel: Tensor) -> Tensor:
        """Log-mel [B, M, F] standardised, in training with its level moved and stripes hidden."""
        if self.training and self.config.gain:
            decibels = self.config.gain * (2 * torch.rand(len(mel), 1, 1, device=mel.device) - 1)
            mel = mel + decibels * math.log(10) / 20
        picture = (mel - self.level) / self.spread
        return striped(picture, *self.config.stripes) if self.training else picture


def striped(picture: Tensor, bands: int, frames: int) -> Tensor:
    """[B, M, F] with a stripe of 0 to `bands` bands and one of 0 to `frames` frames of each item at the mean, 0."""
    for axis, most in ((1, bands), (2, frames)):
        if most:
            size = picture.shape[axis]
            length = torch.randint(min(most, size) + 1, (len(picture), 1), device=picture.device)
            start = (torch.rand(len(picture), 1, device=picture.device) * (size - length + 1)).long()
            place = torch.arange(size, device=picture.device)
            hidden = (place >= start) & (place < start + length)
            picture = picture.masked_fill(hidden[:, :, None] if axis == 1 else hidden[:, None], 0.0)
    return picture


class ResidualTower(AudioTower, kind="residual-tower"):
    """A residual network whose last picture is averaged."""

    @dataclass(frozen=True, kw_only=True)
    class Config(AudioSettings):
        """Default: ResNet-50. With `moments` the bands of the last picture stay apart, and of each the mean and the
        deviation over time are kept; without, only the mean over all places is."""

        enter: int = 64
        widths: tuple[int, ...] = (64, 128, 256, 512)
        depths: tuple[int, ...] = (3, 4, 6, 3)
        expansion: int = 4
        groups: int = 32
        moments: bool = False

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.config = config
        self.network = ResidualNetwork(
            config.enter, config.widths, config.depths, expansion=config.expansion, groups=config.groups
        )
        self.rows = config.mel.bands
        for _ in range(len(config.widths) + 1):
            self.rows = (self.rows + 1) // 2

    @property
    def width(self) -> int:
        return 2 * self.rows * self.network.outputs if self.config.moments else self.network.outputs

    def encode(self, picture: Tensor) -> Tensor:
        last = self.network(picture.mT[:, None])
        if not self.config.moments:
            return last.mean((2, 3))
        last = rearrange(last, "b c f m -> b (c m) f")
        return torch.cat([last.mean(-1), (last.var(-1, correction=0) + 1e-5).sqrt()], dim=-1)


class StatisticsTower(AudioTower, kind="statistics-tower"):
    """Statistics of the picture, standardised; what learns is the projection behind them."""

    @dataclass(frozen=True, kw_only=True)
    class Config(AudioSettings):
        """Nothing beyond the picture; statistics further than `most` deviations out are cut."""

        most: float = 5.0

    config: Config
    centre: Tensor
    deviation: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.config = config
        self.register_buffer("centre", torch.zeros(self.width))
        self.register_buffer("deviation", torch.ones(self.width))

    @property
    def width(self) -> int:
        return size(self.config.mel.bands)

    @torch.no_grad()
    def settle(self, mel: Tensor) -> None:
        super().settle(mel)
        rows = statistics((mel - self.level) / self.spread)
        self.centre.copy_(rows.mean(0))
        self.deviation.copy_(rows.std(0).clamp_min(1e-3))

    def encode(self, picture: Tensor) -> Tensor:
        standard = (statistics(picture) - self.centre) / self.deviation
        return standard.clamp(-self.config.most, self.config.most)


class PatchTower(AudioTower, kind="patch-tower"):
    """A transformer over patches whose last vectors are averaged."""

    @dataclass(frozen=True, kw_only=True)
    class Config(AudioSettings):
        """Default: the size of ViT-base. `patch` and `stride` are bands by frames."""

        patch: tuple[int, int] = (16, 16)
        stride: tuple[int, int] = (16, 16)
        size: int = 768
        depth: int = 12
        heads: int = 12
        hidden: int = 3072

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.config = config
        self.patches = Patches(config.mel.bands, self.frames, config.size, patch=config.patch, stride=config.stride)
        self.encoder = Encoder(config.size, config.depth, config.heads, config.hidden)

    @property
    def width(self) -> int:
        return self.config.size

    def encode(self, picture: Tensor) -> Tensor:
        return self.encoder(self.patches(picture)).mean(1)
