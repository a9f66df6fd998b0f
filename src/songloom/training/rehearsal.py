"""What a step of a recipe takes, found by steps of batches that grow as long as they are quick and fit.

A published recipe may hold hundreds of crops, which no machine at hand can do even once. A step's time is a part that
does not depend on the batch (the optimiser) and one that grows with it, and so is its memory: what autograd keeps of
a crop is counted, the rest is what the process has used.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from songloom.training.trainer import Trainer

QUICK_SECONDS = 2.0
"""Of a step: larger batches than that tell nothing new."""


@dataclass(frozen=True, slots=True)
class Step:
    """A whole step of the recipe: `seconds`, and `memory` in bytes of this process (on a GPU: of the device)."""

    seconds: float
    memory: int


class Kept:
    """Bytes that autograd keeps for the backward pass, those of the weights left out."""

    def __init__(self, trainer: Trainer) -> None:
        self.known = {p.untyped_storage().data_ptr() for p in trainer.system.parameters()}
        self.bytes = 0

    def pack(self, tensor: Tensor) -> Tensor:
        """Counts a tensor's memory once."""
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self.known:
            self.known.add(storage.data_ptr())
            self.bytes += storage.nbytes()
        return tensor

    @contextmanager
    def counting(self) -> Iterator[None]:
        with saved_tensors_hooks(self.pack, lambda tensor: tensor):
            yield


def rehearse(trainer: Trainer, room: int | None) -> Step:
    """Steps of 1, 2, 4, ... crops, up to the recipe's. `room` is how many bytes there are; no batch is tried that
    would need more than half of it. The trainer's weights move; nothing is written."""
    recipe, kept = trainer.recipe, Kept(trainer)
    with kept.counting():
        first = _timed(trainer, 1)
    sizes, taken = [1], [_timed(trainer, 1) if first < 10 * QUICK_SECONDS else first]
    while sizes[-1] < recipe.batch_size and taken[-1] < QUICK_SECONDS:
        size = min(2 * sizes[-1], recipe.batch_size)
        if room is not None and size * kept.bytes > room / 2:
            break
        trainer.rehearse(size)
        sizes.append(size)
        taken.append(_timed(trainer, size))
    crops = recipe.batch_size * recipe.accumulate
    if len(sizes) == 1:
        seconds = taken[0] * crops
    else:
        each = max(0.0, (taken[-1] - taken[-2]) / (sizes[-1] - sizes[-2]))
        seconds = taken[-1] + each * (crops - sizes[-1])
    return Step(seconds, peak(trainer.device) + (recipe.batch_size - sizes[-1]) * kept.bytes)


def _timed(trainer: Trainer, size: int) -> float:
    begin = time.perf_counter()
    trainer.rehearse(size)
    if trainer.device.type == "cuda":
        torch.cuda.synchronize(trainer.device)
    return time.perf_counter() - begin


def peak(device: torch.device) -> int:
    """The most bytes that were used so far."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
