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
from einops import rearrange
from torch import Tensor, nn

from songloom.bottlenecks.bottleneck import Bottleneck, Quantized
from songloom.bottlenecks.codebook import Codebook, CodebookSettings, Found, row_error
from songloom.bottlenecks.paths import closest_path
from songloom.bottlenecks.usage import reports


class ResidualQuantizer(Bottleneck, kind="residual-quantizer"):
    """K codebooks (`streams`) over D-wide latents."""

    @dataclass(frozen=True, kw_only=True)
    class Config(CodebookSettings):
        """`streams` K. With `stagewise` the commitment is that of every stage and not only of the last, as EnCodec
        has it (arXiv 2210.13438, section 3.4); with projections it always is, as in DAC. With `paths` above 1 codes
        are searched for together, by so many beginnings (`paths.py`); training takes the nearest each time."""

        streams: int = 8
        stagewise: bool = False
        paths: int = 1

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        if config.streams < 1:
            raise ValueError(f"streams is {config.streams}; needs at least 1")
        if config.paths < 1:
            raise ValueError(f"paths is {config.paths}; needs at least 1")
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
            rows = rows - book.decode(book.nearest(rows))

    def forward(self, latents: Tensor, *, streams: Tensor | None = None) -> Quantized:
        """See `Bottleneck.forward`; losses as in `_losses`. Reports: perplexity and usage of each book."""
        self.check_latents(latents)
        limits = self.limits(latents, streams)
        rows = residual = rearrange(latents, "b d f -> (b f) d")
        total, stages = torch.zeros_like(rows), []
        for index, book in enumerate(self._first(self.streams)):
            found = cast(Found, book(residual))
            total = total + (limits > index) * found.rows
            residual = residual - found.rows
            stages.append(found)
        through = rearrange(torch.where(limits > 0, total, rows), "(b f) d -> b d f", b=len(latents))
        codes = rearrange([found.codes for found in stages], "k (b f) -> b k f", b=len(latents))
        return Quantized(through, codes, self._losses(rows, total, stages, limits), reports(codes, self.codebook_size))

    def _losses(self, rows: Tensor, total: Tensor, stages: list[Found], limits: Tensor) -> dict[str, Tensor]:
        """Means over the rows that are quantised at all, each by its own number of books, `limits` [N, 1].

        "commitment": the squared distance of rows [N, D] from the `total` [N, D] they are taken for, or where stagewise
        the sum of those after each book; with projections the sum of those of each stage's vectors from their entries.
        "codebook": the last with the gradient of the entries, where they learn by it. "orthogonal" where asked for.
        """
        inner, entries = torch.stack([one.inner for one in stages]), torch.stack([one.entries for one in stages])
        used = limits > torch.arange(self.streams, device=limits.device)[:, None, None]
        if self.config.projection is not None:
            losses = {"commitment": row_error(inner, entries.detach(), used, of=used[0])}
        elif self.config.stagewise:
            losses = {"commitment": row_error(rows, entries.detach().cumsum(0), used, of=used[0])}
        else:
            losses = {"commitment": row_error(rows, total.detach(), used[0])}
        if self.config.learn == "gradient":
            losses["codebook"] = row_error(entries, inner.detach(), used, of=used[0])
        if self.config.orthogonal:
            losses["orthogonal"] = torch.stack([one.alike for one in stages if one.alike is not None]).mean()
        return losses

    @torch.no_grad()
    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        self.check_latents(latents)
        count = self.check_streams(streams)
        residual = rearrange(latents, "b d f -> (b f) d")
        if self.config.paths > 1:
            every = torch.arange(self.codebook_size, device=latents.device)
            books = [book.decode(every) for book in self._first(count)]
            return rearrange(closest_path(residual, books, self.config.paths), "(b f) k -> b k f", b=len(latents))
        codes = []
        for book in self._first(count):
            chosen = book.nearest(residual)
            residual = residual - book.decode(chosen)
            codes.append(rearrange(chosen, "(b f) -> b f", b=len(latents)))
        return torch.stack(codes, 1)

    def dequantize(self, codes: Tensor) -> Tensor:
        self.check_codes(codes)
        found = sum(book.decode(codes[:, index]) for index, book in enumerate(self._first(codes.shape[1])))
        return rearrange(cast(Tensor, found), "b f d -> b d f")
