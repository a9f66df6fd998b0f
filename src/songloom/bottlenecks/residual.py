"""Residual vector quantisation: each codebook codes what the books before it left over.

SoundStream, Zeghidour et al. 2021 (arXiv 2107.03312), section III-C. Each item of a batch may use its own
number of books (quantizer dropout), so that one model serves every bitrate; the books themselves learn from
all items, whatever the decoder is shown, except by gradient. DAC's quantizer is
`Config(projection=8, cosine=True, learn="gradient")` of its width (arXiv 2306.06546, section 3.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import torch
from einops import rearrange, repeat
from torch import Tensor, nn

from songloom.bottlenecks.bottleneck import Bottleneck, Quantized
from songloom.bottlenecks.codebook import Codebook, CodebookSettings
from songloom.bottlenecks.usage import reports


class ResidualQuantizer(Bottleneck, kind="residual-quantizer"):
    """K codebooks (`streams`) over D-wide latents."""

    @dataclass(frozen=True, kw_only=True)
    class Config(CodebookSettings):
        streams: int = 8

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.streams, self.codebook_size = config.streams, config.codebook_size
        self.books = nn.ModuleList(config.book() for _ in range(config.streams))

    @property
    def started(self) -> bool:
        """Whether the codebooks hold anything but noise."""
        return bool(self._book(0).started)

    def _book(self, index: int) -> Codebook:
        return cast(Codebook, self.books[index])

    def _first(self, count: int) -> Iterator[Codebook]:
        return (self._book(index) for index in range(count))

    @torch.no_grad()
    def start(self, rows: Tensor) -> None:
        """Codebooks from the k-means of latents [N, D] and of what each book leaves over."""
        for book in self._first(self.streams):
            book.start(book.inside(rows))
            rows = rows - book(book.nearest(rows))

    def forward(self, latents: Tensor, *, streams: Tensor | None = None) -> Quantized:
        """See `Bottleneck.forward`. Losses, means over the items that are quantised (van den Oord et al. 2017,
        eq. 3): "commitment", the squared distance of the latents from what they are taken for, with projections
        that of each book's vectors from their entries, summed over books as in DAC; "codebook", the same with
        the gradient of the entries, where they learn by gradient; "orthogonal" where asked for."""
        limit = latents.new_full((len(latents),), self.streams) if streams is None else streams
        frames = latents.shape[2]
        limits = repeat(limit, "b -> (b f) 1", f=frames)
        quantised = limits > 0
        rows = residual = rearrange(latents, "b d f -> (b f) d")
        total, commitment, codebook = torch.zeros_like(rows), rows.new_zeros(()), rows.new_zeros(())
        codes = []
        for index, book in enumerate(self._first(self.streams)):
            found = book.look_up(residual)
            shown = (limits > index).to(rows)
            total = total + shown * found.rows
            residual = residual - found.rows
            codes.append(rearrange(found.codes, "(b f) -> b f", f=frames))
            commitment = commitment + (shown * (found.inner - found.entries.detach()).square()).mean(1).sum()
            codebook = codebook + (shown * (found.entries - found.inner.detach()).square()).mean(1).sum()
        if self.config.projection is None:
            commitment = (quantised * (rows - total.detach()).square()).mean(1).sum()
        count = quantised.sum().clamp_min(1)
        losses = {"commitment": commitment / count}
        if self.config.learn == "gradient":
            losses["codebook"] = codebook / count
        if self.config.orthogonal:
            losses["orthogonal"] = torch.stack([book.orthogonality() for book in self._first(self.streams)]).mean()
        through = rearrange(torch.where(quantised, total, rows), "(b f) d -> b d f", f=frames)
        chosen = torch.stack(codes, 1)
        return Quantized(through, chosen, losses, reports(chosen, self.codebook_size))

    @torch.no_grad()
    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        count = self.streams if streams is None else streams
        if not 1 <= count <= self.streams:
            raise ValueError(f"streams is {count}; this quantizer has 1 to {self.streams}")
        residual = rearrange(latents, "b d f -> (b f) d")
        codes = []
        for book in self._first(count):
            chosen = book.nearest(residual)
            residual = residual - book(chosen)
            codes.append(rearrange(chosen, "(b f) -> b f", b=len(latents)))
        return torch.stack(codes, 1)

    def dequantize(self, codes: Tensor) -> Tensor:
        self.check(codes)
        found = sum(book(codes[:, index]) for index, book in enumerate(self._first(codes.shape[1])))
        return rearrange(cast(Tensor, found), "b f d -> b d f")
