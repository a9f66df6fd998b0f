"""From one step's codes to the next one's logits: on a GPU as one graph, elsewhere as it is written.

Launching the few hundred kernels of a step takes a GPU longer than running them; a CUDA graph launches them at once
(https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs). All that changes between steps is in tensors: the
codes are copied in, the place counts itself on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
    table, offsets, heads = lm.embedding.weight, lm.offsets, decoder.linear(lm.heads)

    def step(codes: Tensor) -> Tensor:
        x = functional.embedding(codes + offsets, table).sum(1)
        return heads(decoder(x)).view(-1, lm.streams, lm.codebook_size)

    places = [reach.place for reach in decoder.reaches if isinstance(reach, Fixed)]
    if table.device.type != "cuda" or not places:
        return step
    codes = torch.full((decoder.rows, lm.streams), lm.empty, device=table.device)
    return Captured(step, codes, places)


class Captured:
    """A step as a CUDA graph. `places` are the tensors that it counts on by."""

    def __init__(self, step: Step, codes: Tensor, places: Sequence[Tensor]) -> None:
        before = [place.clone() for place in places]
        self.codes, self.graph = codes, torch.cuda.CUDAGraph()
        beside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            for _ in range(WARMING):
                step(codes)
                for place, first in zip(places, before, strict=True):
                    place.copy_(first)  # what a trial writes there is written again
        torch.cuda.current_stream().wait_stream(beside)
        with torch.cuda.graph(self.graph):
            self.logits = step(codes)

    def __call__(self, codes: Tensor) -> Tensor:
        self.codes.copy_(codes)
        self.graph.replay()
        return self.logits
