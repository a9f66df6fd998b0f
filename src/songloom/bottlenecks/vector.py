"""Vector quantisation: one codebook, each frame of latents becomes its nearest entry.

van den Oord et al. 2017, "Neural Discrete Representation Learning" (arXiv 1711.00937).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from einops import rearrange
from torch import Tensor

from songloom.bottlenecks.bottleneck import Bottleneck, Quantized
from songloom.bottlenecks.codebook import CodebookSettings, Found, row_error
from songloom.bottlenecks.usage import reports


class VectorQuantizer(Bottleneck, kind="vector-quantizer"):
    """One stream of codes over D-wide latents."""

    @dataclass(frozen=True, kw_only=True)
    class Config(CodebookSettings):
        """Those of a codebook."""

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.streams, self.codebook_size = 1, config.codebook_size
        self.book = config.book()

    @property
    def started(self) -> bool:
        """Whether the codebook holds anything but noise."""
        return bool(self.book.started)

    @torch.no_grad()
    def start(self, rows: Tensor) -> None:
        """The codebook from the k-means of latents [N, D]."""
        self.book.start(self.book.inside(rows))

    def forward(self, latents: Tensor, *, streams: Tensor | None = None) -> Quantized:
        """See `Bottleneck.forward`. Losses (eq. 3): "commitment", the squared distance from vectors to their entries;
        "codebook", the same with the gradient of the entries, where they learn by gradient; "orthogonal" where
        asked for. Reports: perplexity and usage."""
        self.check_latents(latents)
        quantised = self.limits(latents, streams) > 0
        rows = rearrange(latents, "b d f -> (b f) d")
        found = cast(Found, self.book(rows))
        losses = {"commitment": row_error(found.inner, found.entries.detach(), quantised)}
        if self.config.learn == "gradient":
            losses["codebook"] = row_error(found.entries, found.inner.detach(), quantised)
        if found.alike is not None:
            losses["orthogonal"] = found.alike
        through = rearrange(torch.where(quantised, found.rows, rows), "(b f) d -> b d f", b=len(latents))
        codes = rearrange(found.codes, "(b f) -> b 1 f", b=len(latents))
        return Quantized(through, codes, losses, reports(codes, self.codebook_size))

    @torch.no_grad()
    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        self.check_latents(latents)
        self.check_streams(streams)
        codes = self.book.nearest(rearrange(latents, "b d f -> (b f) d"))
        return rearrange(codes, "(b f) -> b 1 f", b=len(latents))

    def dequantize(self, codes: Tensor) -> Tensor:
        self.check_codes(codes)
        return rearrange(self.book.decode(codes[:, 0]), "b f d -> b d f")
