"""Networks that give embeddings and classes from one pass: the last clip's pass is kept for the second verb."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from songloom.layers.cnn14 import Heard
from songloom.metrics.embeddings import Network


class OnePass(Network, ABC):
    """`embed` and what a subclass makes of logits ask `heard`, which runs the network once for equal waves in a row."""

    _last: tuple[Tensor, Heard] | None = None

    @abstractmethod
    def listen(self, wave: Tensor) -> Heard:
        """[1, T] -> embeddings [N, E] and logits [N, classes]."""

    @torch.inference_mode()
    def heard(self, wave: Tensor) -> Heard:
        """`listen`, on the CPU."""
        if self._last is None or not torch.equal(self._last[0], wave):
            made = self.listen(wave)
            self._last = wave.clone(), Heard(made.embedding.float().cpu(), made.logits.float().cpu())
        return self._last[1]

    def embed(self, wave: Tensor) -> Tensor:
        """[1, T] -> [N, E]."""
        return self.heard(wave).embedding
