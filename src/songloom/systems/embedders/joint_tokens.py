"""MuLan tokens: a point of the space that text and music share, as a few whole numbers that a language model can read.

Agostinelli et al. 2023, "MusicLM" (https://arxiv.org/abs/2301.11325), section 3.1: residual vector quantisation of the
embedding. A model learns from tokens of music, which needs no captions, and is then asked by tokens of text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from einops import rearrange
from torch import Tensor, nn

from songloom.bottlenecks.residual import ResidualQuantizer
from songloom.config import Configurable, Settings
from songloom.systems.embedders.mulan import MuLan
from songloom.systems.roles import Embedder


class JointTokens(nn.Module, Configurable, kind="joint-tokens"):
    """Music or text -> K tokens; `fit` makes the books from points of music."""

    frozen = ("embedder",)
    opponents = ()

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """Published: 12 books of 1,024 entries over MuLan's 128 numbers."""

        embedder: Settings = field(default_factory=MuLan.Config)
        streams: int = 12
        codebook_size: int = 1024

    config: Config

    def __init__(self, config: Config) -> None:
        nn.Module.__init__(self)
        self.config = config
        self.embedder: Embedder = config.embedder.build()
        self.embedder.requires_grad_(False).eval()
        books = ResidualQuantizer.Config(
            width=self.embedder.width, streams=config.streams, codebook_size=config.codebook_size
        )
        self.books: ResidualQuantizer = books.build()

    def fit(self, points: Tensor) -> None:
        """Books from the embeddings [N, E] of music, by k-means of them and of what each book leaves over."""
        if points.ndim != 2 or len(points) < self.config.codebook_size:
            raise ValueError(
                f"points are {tuple(points.shape)}; books need [N, E], N at least {self.books.codebook_size}"
            )
        self.books.start(points)

    def of_audio(self, wave: Tensor) -> Tensor:
        """[B, C, T] in [-1, 1] of any length -> tokens [B, K], int64."""
        return self.quantize(self.embedder.embed_audio(wave))

    def of_text(self, texts: Sequence[str]) -> Tensor:
        """B strings -> tokens [B, K], int64."""
        return self.quantize(self.embedder.embed_text(texts))

    def quantize(self, points: Tensor) -> Tensor:
        """Embeddings [B, E] -> tokens [B, K]. Raises ValueError before `fit`."""
        if not self.books.started:
            raise ValueError("these tokens have no books yet: fit them to embeddings of music")
        return self.books.quantize(points[..., None])[..., 0]

    @torch.no_grad()
    def points(self, tokens: Tensor) -> Tensor:
        """Tokens [B, k], the first k of K -> the points [B, E] that they stand for."""
        return self.books.dequantize(rearrange(tokens, "b k -> b k 1"))[..., 0]
