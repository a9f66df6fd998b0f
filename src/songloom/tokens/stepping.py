"""From one step's codes to the next one's logits: on a GPU as one graph, elsewhere as it is written.

Launching the few hundred kernels of a step takes a GPU longer than running them; a CUDA graph launches them at once
(https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs). All that changes between steps is in tensors: the
codes are copied in, the place counts itself on.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from songloom.layers.decoder_step import DecoderStep, Fixed
from songloom.tokens.token_lm import CodeLM

Step = Callable[[Tensor], Tensor]
"""The last step's codes [B, K] -> logits [B, K, V], to be used before the next call."""
WARMING = 3
"""Runs before a graph is captured, as the libraries under it want."""


def stepping(lm: CodeLM, decoder: DecoderStep) -> Step:
    """The function that a language model takes its steps by."""
    table, offsets = lm.embedding.weight, lm.offsets

    def step(codes: Tensor) -> Tensor:
        x = functional.embedding(codes + offsets, table).sum(1)
        return lm.heads(decoder(x)).unflatten(1, (lm.streams, -1))

    if table.device.type != "cuda" or not isinstance(decoder.reach, Fixed):
        return step
    codes = torch.full((decoder.rows, lm.streams), lm.empty, device=table.device)
    return Captured(step, codes, decoder.reach.place)


class Captured:
    """A step as a CUDA graph. `place` is the tensor that it counts on by."""

    def __init__(self, step: Step, codes: Tensor, place: Tensor) -> None:
        before = place.clone()
        self.codes, self.graph = codes, torch.cuda.CUDAGraph()
        beside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            for _ in range(WARMING):
                step(codes)
                place.copy_(before)  # what a trial writes there is written again
        torch.cuda.current_stream().wait_stream(beside)
        with torch.cuda.graph(self.graph):
            self.logits = step(codes)

    def __call__(self, codes: Tensor) -> Tensor:
        self.codes.copy_(codes)
        self.graph.replay()
        return self.logits
