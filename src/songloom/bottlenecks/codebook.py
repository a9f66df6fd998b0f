"""One codebook: the nearest entry to each vector, and two ways in which entries learn.

van den Oord et al. 2017, "Neural Discrete Representation Learning" (arXiv 1711.00937): entries follow the
gradient of the codebook loss (eq. 3), or are the moving average of the vectors that chose them (appendix A.1).
SoundStream (arXiv 2107.03312), section III-C: k-means on the first vectors, and entries that nobody chooses
become a vector of the batch. DAC, Kumar et al. 2023 (arXiv 2306.06546), section 3.2: look-up after a projection
to few dimensions, by angle. All state is in buffers, so a resumed run goes on exactly; with torch.distributed
every process holds the same codebook.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom.bottlenecks.bottleneck import BottleneckSettings
from songloom.bottlenecks.k_means import k_means
from songloom.bottlenecks.nearest import nearest, nearest_by_angle
from songloom.bottlenecks.processes import agreed, averaged, gathered, picked, shared

NONE = 1e-12
"""A count so small that nothing is divided by less."""


@dataclass(frozen=True, kw_only=True)
class CodebookSettings(BottleneckSettings):
    """`codebook_size` entries V for vectors of `width` D, looked up after a linear `projection` to so many
    numbers P, and by angle where `cosine`. Entries `learn` by moving averages (of `decay`) or by gradient. They
    start from `k_means` of the first vectors; an entry chosen less than `expiry` times the average is dead and
    becomes a vector of the batch. None: as published, k-means and 0.1 with averages, neither with gradients.
    With `orthogonal` there is a loss that pushes entries apart, for those that learn by gradient. Where weights are
    sharded over processes, these can neither start nor be restarted: leave both off."""

    codebook_size: int = 1024
    projection: int | None = None
    cosine: bool = False
    learn: Literal["average", "gradient"] = "average"
    decay: float = 0.99
    k_means: bool | None = None
    expiry: float | None = None
    orthogonal: bool = False

    def book(self) -> Codebook:
        """A codebook of these settings. Raises ValueError for a size below 1, or an orthogonal loss on averages."""
        if self.codebook_size < 1:
            raise ValueError(f"codebook_size is {self.codebook_size}; needs at least 1")
        if self.orthogonal and self.learn == "average":
            raise ValueError('averages do not follow a loss; orthogonal needs learn="gradient"')
        return AverageCodebook(self) if self.learn == "average" else GradientCodebook(self)


class Found(NamedTuple):
    """Rows [N, D] after look-up. `rows` [N, D], what they are taken for, through which gradients go straight;
    `codes` [N]; `inner` [N, P] and `entries` [N, P], rows and their entries where they were compared; `alike`, how
    far the codebook is from orthogonal, where it is asked for."""

    rows: Tensor
    codes: Tensor
    inner: Tensor
    entries: Tensor
    alike: Tensor | None


def row_error(rows: Tensor, others: Tensor, use: Tensor, *, of: Tensor | None = None) -> Tensor:
    """Mean squared difference of rows [..., N, D] where `use` [..., N, 1]; with `of` [N, 1] that of so many rows,
    summed over what comes before them. Rows are counted in all processes."""
    count = averaged((use if of is None else of).sum().float()).clamp_min(1)
    return (use * (rows - others).square()).mean(-1).sum() / count


class Codebook(nn.Module):
    """V entries of P numbers; rows [N, D] <-> indices [N]."""

    entries: Tensor
    counts: Tensor
    started: Tensor

    def __init__(self, settings: CodebookSettings, *, published_start: bool, published_expiry: float) -> None:
        super().__init__()
        self.decay, self.cosine, self.orthogonal = settings.decay, settings.cosine, settings.orthogonal
        self.k_means = published_start if settings.k_means is None else settings.k_means
        self.expiry = published_expiry if settings.expiry is None else settings.expiry
        self.inside: nn.Module = nn.Identity()
        self.outside: nn.Module = nn.Identity()
        if settings.projection is not None:
            self.inside = nn.Linear(settings.width, settings.projection)
            self.outside = nn.Linear(settings.projection, settings.width)

    def nearest(self, rows: Tensor) -> Tensor:
        """Index [N] of the entry nearest to each row [N, D]."""
        return self._nearest(self.inside(rows))

    def _nearest(self, inner: Tensor) -> Tensor:
        return nearest_by_angle(inner, self.entries) if self.cosine else nearest(inner, self.entries)

    def decode(self, indices: Tensor) -> Tensor:
        """What indices [...] stand for, [..., D]."""
        return self.outside(functional.embedding(indices, self.entries))

    def forward(self, rows: Tensor) -> Found:
        """The training pass of rows [N, D]; in training mode entries start or learn from them."""
        inner = self.inside(rows)
        if self.training and not self.started:
            self.start(inner.detach())
        codes = self._nearest(inner)
        entries = functional.embedding(codes, self.entries)
        if self.training:
            self.learn(inner.detach(), codes)
        # Exactly the entries, with the gradient of `inner`.
        through = entries.detach() + (inner - inner.detach())
        return Found(self.outside(through), codes, inner, entries, self.alike() if self.orthogonal else None)

    @torch.no_grad()
    def start(self, inner: Tensor) -> None:
        """Entries from the k-means of vectors [N, P]."""
        every = gathered(inner.float())
        self.entries.copy_(agreed(k_means(every, len(self.entries), cosine=self.cosine)))
        self.counts.fill_(len(every) / len(self.entries))
        self.started.fill_(1)

    @abstractmethod
    def learn(self, inner: Tensor, codes: Tensor) -> None:
        """Entries learn from vectors [N, P] that chose `codes` [N]; dead ones are restarted."""

    def _chosen(self, codes: Tensor) -> Tensor:
        """How often each entry [V] was chosen, in all processes."""
        return shared(torch.zeros_like(self.counts).index_add_(0, codes, self.counts.new_ones(len(codes))))

    def _dead(self, inner: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Which entries [V] are dead, a vector [V, P] of the batch for each, and the average count."""
        average = self.counts.mean()
        return self.counts < self.expiry * average, picked(inner, len(self.counts)), average

    def alike(self) -> Tensor:
        """Mean squared cosine of any two entries, less that of orthogonal ones (Shin et al. 2021, arXiv 2112.00384,
        eq. 2)."""
        unit = functional.normalize(self.entries, dim=1)
        return (unit @ unit.t()).square().mean() - 1 / len(unit)


class AverageCodebook(Codebook):
    """Entries are moving averages of the vectors that chose them."""

    sums: Tensor

    def __init__(self, settings: CodebookSettings) -> None:
        super().__init__(settings, published_start=True, published_expiry=0.1)
        width = settings.width if settings.projection is None else settings.projection
        self.register_buffer("entries", torch.randn(settings.codebook_size, width))
        self.register_buffer("counts", torch.ones(settings.codebook_size))
        self.register_buffer("sums", self.entries.clone())
        self.register_buffer("started", torch.tensor(int(not self.k_means)))

    @torch.no_grad()
    def start(self, inner: Tensor) -> None:
        super().start(inner)
        self.sums.copy_(self.entries * self.counts[:, None])

    @torch.no_grad()
    def learn(self, inner: Tensor, codes: Tensor) -> None:
        inner = functional.normalize(inner.float(), dim=1) if self.cosine else inner.float()
        self.counts.lerp_(self._chosen(codes), 1 - self.decay)
        self.sums.lerp_(shared(torch.zeros_like(self.sums).index_add_(0, codes, inner)), 1 - self.decay)
        dead, fresh, average = self._dead(inner)
        self.counts.copy_(torch.where(dead, average, self.counts))
        self.sums.copy_(torch.where(dead[:, None], fresh * average, self.sums))
        means = self.sums / self.counts.clamp_min(NONE)[:, None]
        self.entries.copy_(functional.normalize(means, dim=1) if self.cosine else means)


class GradientCodebook(Codebook):
    """Entries are a parameter that follows the codebook loss."""

    def __init__(self, settings: CodebookSettings) -> None:
        super().__init__(settings, published_start=False, published_expiry=0.0)
        width = settings.width if settings.projection is None else settings.projection
        self.entries = nn.Parameter(torch.randn(settings.codebook_size, width))
        self.register_buffer("counts", torch.ones(settings.codebook_size), persistent=self.expiry > 0)
        self.register_buffer("started", torch.tensor(int(not self.k_means)), persistent=self.k_means)

    @torch.no_grad()
    def learn(self, inner: Tensor, codes: Tensor) -> None:
        if not self.expiry:
            return
        self.counts.lerp_(self._chosen(codes), 1 - self.decay)
        dead, fresh, average = self._dead(inner.float())
        self.counts.copy_(torch.where(dead, average, self.counts))
        self.entries.copy_(torch.where(dead[:, None], fresh, self.entries))
