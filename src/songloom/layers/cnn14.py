"""CNN14 of PANNs (Kong et al. 2020, arXiv 1912.10211, table 1): log-mel frames to one vector, and to chances of sounds.

Six blocks of two convolutions; the image is halved after each but the last. Over time the loudest place and the mean
count alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, kw_only=True)
class Cnn14Shape:
    """The published size: channels of the six blocks, the vector's width, AudioSet's classes (0: the vector alone), mel
    bands."""

    widths: tuple[int, ...] = (64, 128, 256, 512, 1024, 2048)
    embedding: int = 2048
    classes: int = 527
    bands: int = 64

    def build(self) -> Cnn14:
        """The network, with random weights."""
        return Cnn14(self)


class Heard(NamedTuple):
    """`embedding` [B, E], not negative, and `logits` [B, classes], whose sigmoid is the chance of a sound."""

    embedding: Tensor
    logits: Tensor


class ConvBlock(nn.Module):
    """Two convolutions of 3 x 3, each with batch norm and ReLU: [B, inputs, F, M] -> [B, outputs, F, M]."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)

    def forward(self, image: Tensor) -> Tensor:
        image = functional.relu(self.first_norm(self.first(image)))
        return functional.relu(self.second_norm(self.second(image)))


class Cnn14(nn.Module):
    """Log-mel frames [B, M, F] in dB -> embedding and logits."""

    def __init__(self, shape: Cnn14Shape) -> None:
        super().__init__()
        self.bands_norm = nn.BatchNorm2d(shape.bands)
        self.blocks = nn.ModuleList(ConvBlock(*widths) for widths in pairwise((1, *shape.widths)))
        self.embed = nn.Linear(shape.widths[-1], shape.embedding)
        self.classify = nn.Linear(shape.embedding, shape.classes) if shape.classes else None
        self.shortest = 2 ** (len(shape.widths) - 1)
        if shape.bands < self.shortest:
            raise ValueError(f"{shape.bands} mel bands; {len(shape.widths)} blocks need {self.shortest} or more")

    @property
    def width(self) -> int:
        """Width E of the embedding."""
        return self.embed.out_features

    def forward(self, mel: Tensor) -> Heard:
        """Raises ValueError for so few frames that none is left in the end, and for a network without classes."""
        if self.classify is None:
            raise ValueError("this CNN14 knows no classes; it has embeddings alone")
        embedding = self.embedding(mel)
        return Heard(embedding, self.classify(embedding))

    def embedding(self, mel: Tensor) -> Tensor:
        """The vector [B, E] alone; dropout (0.2 after blocks, 0.5 around the vector) is for training."""
        if mel.shape[-1] < self.shortest:
            raise ValueError(f"{mel.shape[-1]} frames; this network needs {self.shortest} or more")
        image = rearrange(self.bands_norm(rearrange(mel, "b m f -> b m f 1")), "b m f 1 -> b 1 f m")
        for index, block in enumerate(self.blocks):
            image = block(image)
            if index < len(self.blocks) - 1:
                image = functional.avg_pool2d(image, 2)
            image = functional.dropout(image, 0.2, self.training)
        frames = image.mean(dim=3)
        pooled = functional.dropout(frames.amax(dim=2) + frames.mean(dim=2), 0.5, self.training)
        return functional.dropout(torch.relu(self.embed(pooled)), 0.5, self.training)
