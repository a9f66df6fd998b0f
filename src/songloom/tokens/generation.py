"""From conditions to codes: the sampling loop over a pattern's steps, in chunks as their frames are complete."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from songloom.conditioning.guidance import guide
from songloom.layers.matrices import Precision
from songloom.tokens.decoding import StepDecoder
from songloom.tokens.patterns import Pattern
from songloom.tokens.sampling import Sampling, sample, uniforms
from songloom.tokens.token_lm import TokenLM

PROGRESS_STEPS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to draw: `frames` in all; `context` is the most frames that are attended to (beyond it the later half
    is read again and goes on); `guidance` needs both halves of the conditions, 1 only the first."""

    frames: int
    context: int
    sampling: Sampling
    guidance: float
    seed: int
    precision: Precision = "float32"


def chunk_ends(frames: int, first: int = 32, largest: int = 256) -> list[int]:
    """Ends of chunks that begin small, for an early start, and double up to `largest` frames."""
    ends, size = [0], first
    while ends[-1] < frames:
        ends.append(min(ends[-1] + size, frames))
        size = min(2 * size, largest)
    return ends[1:]


class CodeStream:
    """One piece's codes while they grow: `grid` [1, K, S] and the step that comes next."""

    def __init__(self, lm: TokenLM, pattern: Pattern, prefix: Tensor, aligned: Tensor, plan: Plan) -> None:
        """`prefix` [B, L, D] and `aligned` [B, S, D], B = 1 without guidance, else 2 (see `guidance.paired`)."""
        self.lm, self.pattern, self.prefix, self.plan = lm, pattern, prefix, plan
        self.steps = list(aligned.unbind(1))
        device = prefix.device
        self.source = pattern.frame_of(lm.streams, plan.frames, device)
        self.grid = torch.full((1, lm.streams, len(self.steps)), lm.empty, device=device)
        self.uniform = uniforms(plan.seed, len(self.steps), 1, lm.streams).to(device)
        self.reach = pattern.steps(lm.streams, plan.context)
        rows, positions = len(prefix), prefix.shape[1] + min(len(self.steps), self.reach)
        self.decoder = StepDecoder(lm, rows, positions, plan.precision)
        self.next, self.opened = 0, 0

    @torch.inference_mode()
    def advance(self, until: int, progress: Callable[[float], None] | None = None) -> None:
        """Draws the steps before `until`."""
        while self.next < until:
            step = self.next
            if step == 0 or step - self.opened >= self.reach:
                logits = self._open(step)
            else:
                previous = self.grid[:, :, step - 1]
                logits = self.decoder.step(previous, self.steps[step])
            if len(logits) > 1:
                logits = guide(logits, self.plan.guidance)
            codes = sample(logits, self.uniform[step], self.plan.sampling)
            self.grid[:, :, step] = codes.masked_fill(self.source[:, step] < 0, self.lm.empty)
            self.next = step + 1
            if progress and self.next % PROGRESS_STEPS == 0:
                progress(self.next / len(self.steps))

    def _open(self, step: int) -> Tensor:
        """Logits of `step` from a fresh cache: the first step, or the later half of the context read again as a
        stretch of its own, like a crop in training (what stands before its first frame is empty)."""
        self.opened = max(0, step - self.reach // 2) if step else 0
        known = self.grid[:, :, self.opened : step]
        first = self.source[0, self.opened]
        known = known.masked_fill(self.source[:, self.opened : step] < first, self.lm.empty)
        before = torch.cat([torch.full_like(self.grid[:, :, :1], self.lm.empty), known], -1)
        aligned = torch.stack(self.steps[self.opened : step + 1], 1)
        return self.decoder.open(self.prefix, before.expand(len(self.prefix), -1, -1), aligned)

    def frames(self, start: int, stop: int) -> Tensor:
        """The codes [1, K, stop - start] of frames that are complete."""
        return self.pattern.collect(self.grid, self.plan.frames)[..., start:stop].clone()

    def last_steps(self) -> list[int]:
        """For every frame the step that completes it and all frames before."""
        last = torch.zeros(self.plan.frames + 1, dtype=torch.int64)
        source = self.source.cpu()
        places = torch.arange(source.shape[1]).expand_as(source)
        last.scatter_reduce_(0, torch.where(source < 0, self.plan.frames, source).flatten(), places.flatten(), "amax")
        return last[:-1].cummax(0).values.tolist()


def code_chunks(
    stream: CodeStream, ends: Sequence[int], progress: Callable[[float], None] | None = None
) -> Iterator[Tensor]:
    """Chunks [1, K, f] of codes that end at frames `ends`, each as soon as it is complete."""
    last, start = stream.last_steps(), 0
    for end in ends:
        stream.advance(last[end - 1] + 1, progress)
        yield stream.frames(start, end)
        start = end
