"""HTS-AT (Chen et al. 2022, arXiv 2202.00874): a Swin transformer that hears ten seconds as one square image.

Log-mel frames are stretched to `side` times `side / bands` of them and cut into pieces of equal length, which lie one
below the other: rows are the bands of the first piece, then of the second. So a network for square pictures hears a
long, narrow one. The vector is the mean over all places of the last stage.

With `fused` (CLAP; Wu et al. 2022, arXiv 2211.06687) music that is longer comes as four images: the whole,
shrunk, and three pieces of it. These pass a convolution that is three times as wide in time, and attention of feature
fusion (Dai et al. 2020, arXiv 2009.14082) says place by place which of the two counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.layers.swin import SwinStage


@dataclass(frozen=True, kw_only=True)
class HtsatShape:
    """The published tiny size; the base one has width 128 and depths (2, 2, 12, 2). `width` is that of the first stage,
    each later one has twice as much; `squeeze` is how much narrower fusion's own layers are."""

    width: int = 96
    depths: tuple[int, ...] = (2, 2, 6, 2)
    heads: tuple[int, ...] = (4, 8, 16, 32)
    window: int = 8
    patch: int = 4
    side: int = 256
    bands: int = 64
    fused: bool = False
    squeeze: int = 4

    def build(self) -> Htsat:
        """The network, with random weights."""
        return Htsat(self)


class Htsat(nn.Module):
    """Log-mel frames [B, M, F] in dB, or [B, 4, M, F] of longer music where fused, -> [B, E]."""

    def __init__(self, shape: HtsatShape) -> None:
        super().__init__()
        if (
            shape.side % shape.bands
            or shape.side % (shape.bands * shape.patch)
            or len(shape.depths) != len(shape.heads)
        ):
            raise ValueError(f"{shape.bands} bands do not make a square of {shape.side}, or depths and heads differ")
        self.shape = shape
        self.bands_norm = nn.BatchNorm2d(shape.bands)
        self.patches = Patches(shape)
        stages = len(shape.depths)
        self.stages = nn.ModuleList(
            SwinStage(
                shape.width << stage,
                shape.depths[stage],
                shape.heads[stage],
                shape.window,
                shape.side // shape.patch >> stage,
                last=stage == stages - 1,
            )
            for stage in range(stages)
        )
        self.norm = nn.LayerNorm(self.width)

    @property
    def width(self) -> int:
        """Width E of the vector."""
        return self.shape.width << (len(self.shape.depths) - 1)

    @property
    def longest(self) -> int:
        """The most frames that the image holds."""
        return self.shape.side**2 // self.shape.bands

    def embedding(self, mel: Tensor) -> Tensor:
        """Raises ValueError for too many frames, and for pieces where nothing is fused."""
        if mel.shape[-1] > self.longest or (mel.ndim == 4 and not self.shape.fused):
            raise ValueError(
                f"mel frames {tuple(mel.shape)}; this network takes [B, {self.shape.bands}, F] up to F "
                f"{self.longest}" + (", or four such" if self.shape.fused else "")
            )
        images = mel if mel.ndim == 4 else mel[:, None]
        image = self.patches(self.squares(self.bands_norm(images.transpose(1, 2)).transpose(1, 2)))
        for stage in self.stages:
            image = stage(image)
        return self.norm(image).mean(dim=(1, 2))

    def squares(self, images: Tensor) -> Tensor:
        """[B, n, M, F] -> [B, n, side, side]: as many frames as fit, in pieces one below the other."""
        frames = rearrange(images, "b n m f -> b n f m")
        if frames.shape[2] < self.longest:
            size = (self.longest, frames.shape[3])
            frames = functional.interpolate(frames, size, mode="bicubic", align_corners=True)
        return rearrange(frames, "b n (piece f) m -> b n (piece m) f", f=self.shape.side)


class Patches(nn.Module):
    """Squares of `patch` x `patch` become places: [B, 1 or 4, side, side] -> [B, H, W, C]."""

    def __init__(self, shape: HtsatShape) -> None:
        super().__init__()
        self.whole = nn.Conv2d(1, shape.width, shape.patch, shape.patch)
        if shape.fused:
            wide = (shape.patch, 3 * shape.patch)
            self.pieces = nn.Conv2d(1, shape.width, wide, wide)
            self.fusion = Fusion(shape.width, shape.width // shape.squeeze)
        self.norm = nn.LayerNorm(shape.width)

    def forward(self, images: Tensor) -> Tensor:
        image = self.whole(images[:, :1])
        if images.shape[1] > 1:
            image = self.fusion(image, self.side_by_side(images[:, 1:], image.shape[-1]))
        return self.norm(rearrange(image, "b c y x -> b y x c"))

    def side_by_side(self, pieces: Tensor, width: int) -> Tensor:
        """Places of the three pieces one after the other in time, with zeros up to `width`: [B, C, H, W]."""
        places = self.pieces(rearrange(pieces, "b n y x -> (b n) 1 y x"))
        row = rearrange(places, "(b n) c y x -> b c y (n x)", b=len(pieces))
        return functional.pad(row, (0, width - row.shape[-1]))


class Fusion(nn.Module):
    """2 w a + 2 (1 - w) b of two images [B, C, H, W]; w comes from their sum, at the place and of the whole image."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.here, self.overall = squeezed(width, inner), squeezed(width, inner)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        both = first + second
        overall = self.overall(both.mean(dim=(2, 3), keepdim=True))
        share = torch.sigmoid(self.here(both) + overall)
        return 2 * first * share + 2 * second * (1 - share)


def squeezed(width: int, inner: int) -> nn.Sequential:
    """Two layers at every place, each with batch norm, the first with ReLU."""
    return nn.Sequential(
        nn.Conv2d(width, inner, 1), nn.BatchNorm2d(inner), nn.ReLU(), nn.Conv2d(inner, width, 1), nn.BatchNorm2d(width)
    )
