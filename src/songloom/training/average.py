"""The exponential moving average of the weights: what validation hears and what is shipped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from songloom.training.sharding import apart, like


class Average:
    """Averages of named parameters. The decay warms up as (1 + n) / (10 + n), so the first steps are forgotten."""

    def __init__(self, parameters: Mapping[str, nn.Parameter], decay: float) -> None:
        if not 0.0 < decay < 1.0:
            raise ValueError(f"ema must be 0 (none) or between 0 and 1, not {decay:g}")
        self.decay = decay
        self._names = list(parameters)
        self._parameters = [parameter.detach() for parameter in parameters.values()]
        self._averages = [parameter.clone() for parameter in self._parameters]
        self._pairs = list(zip(apart(self._averages), apart(self._parameters), strict=True))

    def update(self, step: int) -> None:
        """Takes in the weights after step `step` (from 0)."""
        decay = min(self.decay, (1.0 + step) / (10.0 + step))
        for averages, parameters in self._pairs:
            torch._foreach_lerp_(averages, parameters, 1.0 - decay)

    def tensors(self) -> dict[str, Tensor]:
        """The averages by parameter name, where and as they are."""
        return dict(zip(self._names, self._averages, strict=True))

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Takes the averages from `tensors`, by parameter name."""
        for name, average in zip(self._names, self._averages, strict=True):
            average.copy_(like(tensors[name], average))

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Inside the block the model runs with the averages; afterwards with its own weights again."""
        own = [parameter.clone() for parameter in self._parameters]
        _copy(self._averages, self._parameters)
        try:
            yield
        finally:
            _copy(own, self._parameters)


@torch.no_grad()
def _copy(sources: Sequence[Tensor], targets: Sequence[Tensor]) -> None:
    """One by one, since sharded tensors know no copy of lists."""
    for source, target in zip(sources, targets, strict=True):
        target.copy_(source)
