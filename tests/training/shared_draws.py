"""Random numbers of one process of a data-parallel run as one process of the whole batch would have drawn them.

Processes draw their own noise, so their run is another sample of the same training. For a test to compare it with a
single process number by number, each draws for the batch of all and takes its own rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

import torch
from torch import Tensor

from songloom.diffusion import times
from songloom.training import trainer


def rows(draw: Callable[..., Tensor], items: int, rank: int, world: int) -> Callable[..., Tensor]:
    """`draw` of a shape [items, ...] as the rows of `rank` in a draw of [world * items, ...]; other shapes are drawn
    as they are, the same in all processes."""

    def drawn(*shape: object, **options: object) -> Tensor:
        flat = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | torch.Size) else shape
        if not flat or flat[0] != items:
            return draw(flat, **options)
        return draw((world * items, *flat[1:]), **options).chunk(world)[rank].clone()

    return drawn


@contextmanager
def shared_draws(items: int, rank: int = 0, world: int = 1) -> Iterator[None]:
    """Inside, torch's draws for the `items` of each process are those of one process with the items of all."""
    rand, randn, randint, uniform, seed = torch.rand, torch.randn, torch.randint, times.uniform, trainer.step_seed

    def integers(*bounds: int, **options: object) -> Tensor:
        *ends, shape = bounds
        return rows(lambda s, **o: randint(*ends, s, **o), items, rank, world)(shape, **options)

    def like(tensor: Tensor) -> Tensor:
        return rows(randn, items, rank, world)(*tensor.shape, dtype=tensor.dtype, device=tensor.device)

    def spread(count: int) -> Tensor:
        return uniform(world * count).chunk(world)[rank] if count == items else uniform(count)

    with (
        mock.patch.object(torch, "rand", rows(rand, items, rank, world)),
        mock.patch.object(torch, "randn", rows(randn, items, rank, world)),
        mock.patch.object(torch, "randn_like", like),
        mock.patch.object(torch, "randint", integers),
        mock.patch.dict(times.DRAWS, {"uniform": spread}),
        mock.patch.object(times, "uniform", spread),
        mock.patch.object(trainer, "step_seed", lambda number, step, rank: seed(number, step, min(rank, 0))),
    ):
        yield
