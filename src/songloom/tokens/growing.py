"""Codes while they are drawn: a grid that fills step by step, whatever model gives the logits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from einops import rearrange
from torch import Tensor

from songloom.conditioning.guidance import guide
from songloom.tokens.patterns import Pattern
from songloom.tokens.sampling import Sampling, sample

PROGRESS_STEPS = 16


class GrowingCodes(ABC):
    """`grid` [B, K, S] of F frames in a pattern; `next` is the step that is drawn next.

    Places whose code is `known` [B, K, P] (the first P frames) are never drawn; where no frame stands the id
    `empty` does. `uniform` [S, B, K] are the random numbers that choose; `guidance` needs logits of both halves.
    """

    def __init__(
        self, pattern: Pattern, known: Tensor, frames: int, *, empty: int, sampling: Sampling, guidance: float
    ) -> None:
        batch, streams, given = known.shape
        self.pattern, self.total, self.empty = pattern, frames, empty
        self.sampling, self.guidance = sampling, guidance
        self.source = pattern.frame_of(streams, frames, known.device)
        self.free = self.source >= given
        codes = known.new_full((batch, streams, frames), empty)
        codes[..., :given] = known[..., :frames]
        self.grid = pattern.lay_out(codes, empty)
        wanted = self.free.any(0).nonzero()
        self.next = int(wanted[0]) if len(wanted) else self.source.shape[1]

    uniform: Tensor
    halves: int
    """Rows of each item in the model: 2 where there is guidance, what is wanted and what is not."""

    @abstractmethod
    def logits(self, step: int) -> Tensor:
        """Logits [B halves, K, V] of a step whose earlier ones are drawn."""

    def rows(self, codes: Tensor) -> Tensor:
        """The codes [B, ...] of each item for each of its rows."""
        return codes.repeat_interleave(self.halves, dim=0)

    @torch.inference_mode()
    def advance(self, until: int, progress: Callable[[float], None] | None = None) -> None:
        """Draws the steps before `until`."""
        while self.next < until:
            step = self.next
            logits = self.logits(step)
            if self.halves > 1:
                logits = guide(rearrange(logits, "(b h) k v -> (h b) k v", h=self.halves), self.guidance)
            codes = sample(logits, self.uniform[step], self.sampling)
            self.grid[:, :, step] = torch.where(self.free[:, step], codes, self.grid[:, :, step])
            self.next = step + 1
            if progress and self.next % PROGRESS_STEPS == 0:
                progress(self.next / self.source.shape[1])

    def frames(self, start: int, stop: int) -> Tensor:
        """The codes [B, K, stop - start] of frames that are complete."""
        return self.pattern.collect(self.grid, self.total)[..., start:stop].clone()

    def last_steps(self) -> list[int]:
        """For every frame the step that completes it and all frames before."""
        last = torch.zeros(self.total + 1, dtype=torch.int64)
        source = self.source.cpu()
        places = torch.arange(source.shape[1]).expand_as(source)
        last.scatter_reduce_(0, torch.where(source < 0, self.total, source).flatten(), places.flatten(), "amax")
        return last[:-1].cummax(0).values.tolist()
