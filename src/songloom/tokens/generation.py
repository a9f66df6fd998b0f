"""From conditions to codes: a growing piece by a decoder of packed weights, in chunks as frames are complete."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from songloom.layers.matrices import Precision
from songloom.tokens.decoding import StepDecoder
from songloom.tokens.growing import GrowingCodes
from songloom.tokens.patterns import Pattern
from songloom.tokens.sampling import Sampling, uniforms
from songloom.tokens.token_lm import TokenLM


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to draw: `frames` in all; `context` is the most frames that are attended to (beyond it the later half
    is read again and goes on), `kept` how many before a turn are read again; `guidance` needs both halves of the
    conditions, 1 only the first. One seed for each piece of the batch."""

    frames: int
    context: int
    kept: int = 0
    sampling: Sampling
    guidance: float
    seeds: Sequence[int]
    precision: Precision = "float32"


def chunk_ends(frames: int, first: int = 32, largest: int = 256) -> list[int]:
    """Ends of chunks that begin small, for an early start, and double up to `largest` frames."""
    ends, size = [0], first
    while ends[-1] < frames:
        ends.append(min(ends[-1] + size, frames))
        size = min(2 * size, largest)
    return ends[1:]


class Turn(NamedTuple):
    """Conditions that hold from a step on: `prefix` [B, L, D], and `aligned` [B, S, D] of the steps from the first that
    is read again on. What was before is hidden from the pieces that are not to `heed` [pieces] it."""

    prefix: Tensor
    aligned: Tensor
    heed: Tensor


class CodeStream(GrowingCodes):
    """Pieces of any length, each as it would be alone: beyond the context the later half is read again and goes on."""

    def __init__(
        self,
        lm: TokenLM,
        pattern: Pattern,
        prefix: Tensor,
        aligned: Tensor,
        plan: Plan,
        turns: Mapping[int, Turn] | None = None,
    ) -> None:
        """`prefix` [B, L, D] and `aligned` [B, S, D], one row for each piece, or with guidance two, what is wanted and
        what is not; `turns` by the steps from which they hold."""
        device, pieces = prefix.device, len(plan.seeds)
        nothing = torch.zeros(pieces, lm.streams, 0, dtype=torch.int64, device=device)
        super().__init__(pattern, nothing, plan.frames, empty=lm.empty, sampling=plan.sampling, guidance=plan.guidance)
        self.lm, self.prefix, self.plan = lm, prefix, plan
        self.steps = list(aligned.unbind(1))
        numbers = [uniforms(seed, len(self.steps), 1, lm.streams) for seed in plan.seeds]
        self.uniform = torch.cat(numbers, dim=1).to(device)
        self.reach = pattern.steps(lm.streams, plan.context)
        self.halves, positions = len(prefix) // pieces, prefix.shape[1] + min(len(self.steps), self.reach)
        self.decoder = StepDecoder(lm, self.halves, positions, plan.precision, pieces=pieces)
        self.opened = 0
        self.turns = turns or {}

    def logits(self, step: int) -> Tensor:
        if step in self.turns:
            self._turn(step, self.turns[step])
            return self._open(step, self.plan.kept, self.turns[step].heed)
        if step == 0 or step - self.opened >= self.reach:
            return self._open(step, self.reach // 2)
        return self.decoder.step(self.rows(self.grid[:, :, step - 1]), self.steps[step])

    def _turn(self, step: int, turn: Turn) -> None:
        """From `step` on under other conditions; what is read again is read under them too: in training a stretch has
        the same words throughout."""
        begin = max(0, step - self.plan.kept)
        self.prefix = turn.prefix
        self.steps[begin : begin + turn.aligned.shape[1]] = turn.aligned.unbind(1)

    def _open(self, step: int, kept: int, heed: Tensor | None = None) -> Tensor:
        """Logits of `step` from a fresh cache, the `kept` steps before it read again as a stretch of their own, like a
        crop in training (what stands before its first frame is empty), by the pieces that are to `heed` [pieces] them
        (all unless told)."""
        self.opened = max(0, step - kept)
        known = self.grid[:, :, self.opened : step]
        first = self.source[0, self.opened]
        known = known.masked_fill(self.source[:, self.opened : step] < first, self.lm.empty)
        if heed is not None:
            known = known.masked_fill(~heed[:, None, None], self.lm.empty)
        before = torch.cat([torch.full_like(self.grid[:, :, :1], self.lm.empty), known], -1)
        aligned = torch.stack(self.steps[self.opened : step + 1], 1)
        return self.decoder.open(self.prefix, self.rows(before), aligned)


def code_chunks(
    codes: GrowingCodes, ends: Sequence[int], progress: Callable[[float], None] | None = None, *, start: int = 0
) -> Iterator[Tensor]:
    """Chunks [B, K, f] of codes from frame `start` on that end at frames `ends`, each as soon as it is complete."""
    last = codes.last_steps()
    for end in ends:
        codes.advance(last[end - 1] + 1, progress)
        yield codes.frames(start, end)
        start = end
