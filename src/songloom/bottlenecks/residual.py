"""Residual vector quantisation: each codebook codes what the books before it left over.

SoundStream, Zeghidour et al. 2021 (arXiv 2107.03312), section III-C. Each item of a batch may use its own
number of books (quantizer dropout), so that one model serves every bitrate; the books themselves learn from
all items, whatever the decoder is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from einops import rearrange
from torch import Tensor, nn

from songloom.bottlenecks.bottleneck import Bottleneck, Quantized
from songloom.bottlenecks.vector import Codebook
from songloom.config import Settings


class ResidualQuantizer(Bottleneck, kind="residual-quantizer"):
    """K codebooks of V entries over D-wide latents, learned by moving averages (`decay`)."""

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        streams: int = 8
        codebook_size: int = 1024
        width: int = 32
        decay: float = 0.99

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.streams, self.codebook_size = config.streams, config.codebook_size
        self.books = nn.ModuleList(
            Codebook(config.codebook_size, config.width, decay=config.decay) for _ in range(config.streams)
        )

    @property
    def started(self) -> bool:
        """Whether the codebooks hold anything but noise."""
        return bool(self._book(0).started)

    def _book(self, index: int) -> Codebook:
        return cast(Codebook, self.books[index])

    @torch.no_grad()
    def start(self, rows: Tensor) -> None:
        """Codebooks from the k-means of latents [N, D] and of what each book leaves over."""
        for index in range(self.streams):
            book = self._book(index)
            book.start(rows)
            rows = rows - book(book.nearest(rows))

    def forward(self, latents: Tensor, *, streams: Tensor | None = None) -> Quantized:
        """See `Bottleneck.forward`. Losses: "commitment", the mean squared error of the items that are quantised
        (van den Oord et al. 2017, eq. 3). Reports: the perplexity of each book in this batch."""
        limit = latents.new_full((len(latents),), self.streams) if streams is None else streams
        items = len(latents)
        rows = rearrange(latents.detach(), "b d f -> (b f) d")
        residual, total = rows, torch.zeros_like(latents)
        codes, reports = [], {}
        for index in range(self.streams):
            book = self._book(index)
            if self.training and not book.started:
                book.start(residual)
            chosen = book.nearest(residual)
            found = book(chosen)
            if self.training:
                book.learn(residual, chosen)
            residual = residual - found
            shown = (limit > index).to(latents)[:, None, None]
            total = total + shown * rearrange(found, "(b f) d -> b d f", b=items)
            codes.append(rearrange(chosen, "(b f) -> b f", b=items))
            reports[f"perplexity_{index + 1}"] = perplexity(chosen, self.codebook_size)
        quantised = (limit > 0).to(latents)[:, None, None]
        error = (quantised * (latents - total)).square().sum() / (quantised.sum() * latents[0].numel()).clamp_min(1)
        through = latents + quantised * (total - latents).detach()
        return Quantized(through, torch.stack(codes, 1), {"commitment": error}, reports)

    @torch.no_grad()
    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        count = self.streams if streams is None else streams
        if not 1 <= count <= self.streams:
            raise ValueError(f"streams is {count}; this quantizer has 1 to {self.streams}")
        residual = rearrange(latents, "b d f -> (b f) d")
        codes = []
        for index in range(count):
            chosen = self._book(index).nearest(residual)
            residual = residual - self._book(index)(chosen)
            codes.append(rearrange(chosen, "(b f) -> b f", b=len(latents)))
        return torch.stack(codes, 1)

    def dequantize(self, codes: Tensor) -> Tensor:
        if codes.ndim != 3 or not 1 <= codes.shape[1] <= self.streams:
            raise ValueError(f"codes are {tuple(codes.shape)}; needs [B, k, F] with k from 1 to {self.streams}")
        if codes.numel() and not 0 <= int(codes.min()) <= int(codes.max()) < self.codebook_size:
            raise ValueError(f"codes run from {int(codes.min())} to {int(codes.max())}; 0 to {self.codebook_size - 1}")
        found = sum(self._book(index)(codes[:, index]) for index in range(codes.shape[1]))
        return rearrange(cast(Tensor, found), "b f d -> b d f")


def perplexity(indices: Tensor, size: int) -> Tensor:
    """exp(entropy) of the indices [N]: how many of `size` entries are in even use."""
    share = torch.bincount(indices, minlength=size).float() / len(indices)
    return torch.special.entr(share).sum().exp()
