"""From one step's codes to the next one's logits: on a GPU as one graph, elsewhere as it is written.

All that changes between steps is in tensors: the codes are copied in, the place counts itself on.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from songloom.layers.captured import Captured
from songloom.layers.decoder_step import DecoderStep, Fixed
from songloom.tokens.token_lm import CodeLM

Step = Callable[[Tensor], Tensor]
"""The last step's codes [B, K] -> logits [B, K, V], to be used before the next call."""


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
    return Captured(step, [codes], places)
