"""One codebook that learns by moving averages: nearest entry, k-means start, restart of dead entries.

van den Oord et al. 2017, "Neural Discrete Representation Learning" (arXiv 1711.00937), appendix A.1: entry
= average of the vectors that chose it. SoundStream (arXiv 2107.03312), section III-C: k-means on the first
vectors, and entries that nobody chooses become a vector of the batch. All state is in buffers, so a resumed
run goes on exactly; with torch.distributed every process holds the same codebook.
"""

from __future__ import annotations

import torch
from torch import Tensor, distributed, nn

DEAD = 0.1
"""An entry is dead when it is chosen less than this fraction of the average."""


def nearest(rows: Tensor, entries: Tensor) -> Tensor:
    """Index [N] of the entry [V, D] with the least Euclidean distance to each row [N, D]."""
    return torch.addmm(entries.square().sum(1), rows, entries.t(), alpha=-2).argmin(1)


def k_means(rows: Tensor, count: int, *, rounds: int = 10) -> Tensor:
    """`count` centres [V, D] of rows [N, D] by Lloyd's algorithm from random rows.

    With fewer rows than centres, rows repeat with a little noise and part ways later.
    """
    order = torch.randperm(len(rows), device=rows.device)
    centres = rows[order.repeat(-(-count // len(rows)))[:count]]
    if len(rows) < count:
        return centres + 0.05 * rows.std() * torch.randn_like(centres)
    for _ in range(rounds):
        chosen = nearest(rows, centres)
        sizes = rows.new_zeros(count).index_add_(0, chosen, rows.new_ones(len(rows)))
        sums = torch.zeros_like(centres).index_add_(0, chosen, rows)
        centres = torch.where(sizes[:, None] > 0, sums / sizes[:, None].clamp_min(1), centres)
    return centres


def shared(tensor: Tensor) -> Tensor:
    """The sum of `tensor` over all processes of a data-parallel run."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.all_reduce(tensor)
    return tensor


def gathered(rows: Tensor) -> Tensor:
    """The rows [N, D] of all processes, one below the other; each process has the same number."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return rows
    parts = [torch.empty_like(rows) for _ in range(distributed.get_world_size())]
    distributed.all_gather(parts, rows.contiguous())
    return torch.cat(parts)


def agreed(tensor: Tensor) -> Tensor:
    """The first process's `tensor` in every process."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.broadcast(tensor, 0)
    return tensor


class Codebook(nn.Module):
    """`size` entries of `width` numbers; rows [N, D] <-> indices [N]."""

    entries: Tensor
    counts: Tensor
    sums: Tensor
    started: Tensor

    def __init__(self, size: int, width: int, *, decay: float = 0.99) -> None:
        super().__init__()
        self.decay = decay
        self.register_buffer("entries", torch.randn(size, width))
        self.register_buffer("counts", torch.ones(size))
        self.register_buffer("sums", self.entries.clone())
        self.register_buffer("started", torch.zeros((), dtype=torch.int64))

    def nearest(self, rows: Tensor) -> Tensor:
        """Index [N] of the entry nearest to each row [N, D]."""
        return nearest(rows, self.entries)

    def forward(self, indices: Tensor) -> Tensor:
        """Entries [..., D] at indices [...]."""
        return nn.functional.embedding(indices, self.entries)

    @torch.no_grad()
    def start(self, rows: Tensor) -> None:
        """Entries from the k-means of rows [N, D]."""
        every = gathered(rows)
        self.entries.copy_(agreed(k_means(every, len(self.entries))))
        self.counts.fill_(len(every) / len(self.entries))
        self.sums.copy_(self.entries * self.counts[:, None])
        self.started.fill_(1)

    @torch.no_grad()
    def learn(self, rows: Tensor, indices: Tensor) -> None:
        """Moves each entry towards the rows [N, D] that chose it, and restarts the dead ones."""
        chosen = shared(torch.zeros_like(self.counts).index_add_(0, indices, rows.new_ones(len(rows))))
        total = shared(torch.zeros_like(self.sums).index_add_(0, indices, rows))
        self.counts.lerp_(chosen, 1 - self.decay)
        self.sums.lerp_(total, 1 - self.decay)
        average = self.counts.mean()
        dead = self.counts < DEAD * average
        places = torch.randint(len(rows), (len(self.counts),), device=rows.device)
        fresh = agreed(rows[places].contiguous())
        self.counts.copy_(torch.where(dead, average, self.counts))
        self.sums.copy_(torch.where(dead[:, None], fresh * average, self.sums))
        self.entries.copy_(self.sums / self.counts[:, None])
