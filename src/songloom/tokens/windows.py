"""Codes of any length from a model of limited reach: windows of frames, each read anew from the end of the last.

As audiocraft's MusicGen goes beyond 30 s: a window ends, its last frames stand at the start of the next, and
the model reads these (and the window's own conditions) before it goes on. Within a window keys and values are
cached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from songloom.conditioning.conditions import Conditions
from songloom.tokens.conditioned_lm import ConditionedLM
from songloom.tokens.generation import chunk_ends, code_chunks
from songloom.tokens.growing import GrowingCodes
from songloom.tokens.patterns import Pattern
from songloom.tokens.sampling import Sampling, uniforms
from songloom.tokens.stepping import Step

Asked = Callable[[int, int], Conditions]
"""The conditions of a window by its first frame and the first that it draws."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What to draw: `frames` in all, by windows of `context` frames that begin `stride` frames after one another; at
    each of the `turns` (frames where the conditions change) a window of its own begins `kept` frames before it. One
    seed for each item of the batch. `guidance` is used when the conditions have both halves."""

    frames: int
    context: int
    stride: int
    turns: Sequence[int] = ()
    kept: int = 0
    sampling: Sampling
    guidance: float
    seeds: Sequence[int]

    def __post_init__(self) -> None:
        if not 1 <= self.stride <= self.context or self.frames < 1:
            raise ValueError(
                f"{self.frames} frames by windows of {self.context} every {self.stride}: "
                "needs 1 or more frames and a stride from 1 to the window"
            )
        if not 0 <= self.kept < self.context:
            raise ValueError(f"kept is {self.kept}; needs 0 or more, and less than the window of {self.context}")

    def stop(self, begin: int, done: int) -> int:
        """Where the window that begins at frame `begin` and draws from frame `done` on ends."""
        return min([begin + self.context, self.frames, *(turn for turn in self.turns if turn > done)])

    def after(self, stop: int) -> int:
        """Where the window after the one that ends at frame `stop` begins."""
        return max(0, stop - (self.kept if stop in self.turns else self.context - self.stride))


class Window(GrowingCodes):
    """One window of F frames: those in `known` [B, K, P] are read, the others drawn with `uniform` [B, K, F]. Each of
    the B items has `conditions` of its own, all of as many rows."""

    def __init__(
        self,
        lm: ConditionedLM,
        pattern: Pattern,
        conditions: Sequence[Conditions],
        known: Tensor,
        uniform: Tensor,
        plan: Drawing,
    ) -> None:
        frames = uniform.shape[-1]
        super().__init__(pattern, known, frames, empty=lm.empty, sampling=plan.sampling, guidance=plan.guidance)
        self.lm, self.conditions, self.halves = lm, conditions, conditions[0].rows or 1
        self.uniform = pattern.lay_out(uniform, empty=0).permute(2, 0, 1)
        self._next: Step | None = None

    def logits(self, step: int) -> Tensor:
        if self._next is None:
            logits, self._next = self.lm.open(self.rows(self.grid[..., :step]), self.conditions, self.source.shape[1])
            return logits
        return self._next(self.rows(self.grid[..., step - 1]))


def windowed(
    lm: ConditionedLM,
    pattern: Pattern,
    conditions: Sequence[Asked],
    known: Tensor,
    plan: Drawing,
    progress: Callable[[float], None] | None = None,
) -> Iterator[Tensor]:
    """Chunks [B, K, f] of the codes of `plan.frames` frames as they are drawn, after the `known` [B, K, P] ones,
    which come first. Each item's `conditions` are asked for each window's first frame and the first that it draws.

    A code's random number belongs to its seed, stream and frame, so windows of another size draw with the same, and
    each item is drawn as it would be alone.
    """
    batch, streams, given = known.shape
    if not batch == len(plan.seeds) == len(conditions):
        raise ValueError(f"there are {len(plan.seeds)} seeds and {len(conditions)} conditions for {batch} items")
    numbers = [uniforms(seed, plan.frames, streams) for seed in plan.seeds]
    uniform = torch.stack(numbers).transpose(1, 2).to(known.device)
    ends = [given + end for end in chunk_ends(plan.frames - given)]
    begin = 0 if given < plan.context else plan.after(given)
    codes = known[..., : plan.frames]
    if given:
        yield codes
    while (done := codes.shape[-1]) < plan.frames:
        stop = plan.stop(begin, done)
        told = {asked: asked(begin, done) for asked in dict.fromkeys(conditions)}  # candidates of a piece share theirs
        own = [told[asked] for asked in conditions]
        window = Window(lm, pattern, own, codes[..., begin:], uniform[..., begin:stop], plan)
        inside = [end - begin for end in ends if done < end < stop]
        whole = _share(progress, (done - given, stop - given), plan.frames - given)
        for chunk in code_chunks(window, [*inside, stop - begin], whole, start=done - begin):
            codes = torch.cat([codes, chunk], dim=-1)
            yield chunk
        begin = plan.after(stop)


def _share(
    progress: Callable[[float], None] | None, part: tuple[int, int], total: int
) -> Callable[[float], None] | None:
    """Progress of one window as that of the whole."""
    if progress is None:
        return None
    start, stop = part
    return lambda done: progress((start + done * (stop - start)) / total)
