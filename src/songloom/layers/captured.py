"""Work of always the same shapes as one CUDA graph: what a GPU does many times over is launched at once.

Launching the few hundred kernels of a step takes a GPU as long as running them, or longer; a CUDA graph launches them
together (https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs). All that changes between runs is in tensors
that stay where they are.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Work = Callable[..., Tensor]
WARMING = 3
"""Runs before a graph is captured, as the libraries under it want."""


class Captured:
    """`work` on tensors as a CUDA graph: what comes out is to be used before the next call. `places` are tensors that
    it counts on by itself. What has run `warm` times already is not tried before."""

    def __init__(self, work: Work, inputs: Sequence[Tensor], places: Sequence[Tensor] = (), *, warm: int = 0) -> None:
        before = [place.clone() for place in places]
        self.inputs, self.graph = [one.clone() for one in inputs], torch.cuda.CUDAGraph()
        beside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            for _ in range(WARMING - warm):
                work(*self.inputs)
                for place, first in zip(places, before, strict=True):
                    place.copy_(first)  # what a trial writes there is written again
        torch.cuda.current_stream().wait_stream(beside)
        with torch.cuda.graph(self.graph):
            self.made = work(*self.inputs)

    def __call__(self, *inputs: Tensor) -> Tensor:
        for own, given in zip(self.inputs, inputs, strict=True):
            own.copy_(given, non_blocking=True)
        self.graph.replay()
        return self.made


class Replayed:
    """`work`, which depends on nothing but its tensors, for many calls with tensors of one shape: on a GPU its first
    calls run as it is written and warm up for a graph, which the later ones replay. Where that cannot be captured, a
    warning says why, and all calls run as it is written."""

    def __init__(self, work: Work) -> None:
        self.work, self.calls = work, 0
        self.graph: Captured | None = None

    def __call__(self, *inputs: Tensor) -> Tensor:
        if not capturable(*inputs) or not self.alike(inputs):
            return self.work(*inputs)
        self.calls += 1
        if self.calls == WARMING + 1:
            try:
                self.graph = Captured(self.work, inputs, warm=WARMING)
            except RuntimeError as error:
                warnings.warn(f"steps are no CUDA graph: {' '.join(str(error).split())[:200]}", stacklevel=2)
        return self.work(*inputs) if self.graph is None else self.graph(*inputs).clone()

    def alike(self, inputs: Sequence[Tensor]) -> bool:
        """Whether these are shaped like those that were captured."""
        known = inputs if self.graph is None else self.graph.inputs
        return all(one.shape == own.shape and one.dtype == own.dtype for one, own in zip(inputs, known, strict=True))


def capturable(*inputs: Tensor) -> bool:
    """Whether work on these tensors may be captured: all are on a GPU, nothing learns, and no copies of weights are
    kept on the side (autocast), which would be the graph's own."""
    busy = torch.is_grad_enabled() or torch.is_autocast_enabled("cuda")
    return not busy and all(one.device.type == "cuda" for one in inputs)
