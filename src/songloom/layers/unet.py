"""A U-Net that denoises images or sequences: down to a coarse size, and up again beside what was seen on the way.

Ronneberger et al. 2015 for the form, Ho et al. 2020 (arXiv 2006.11239) for diffusion, Rombach et al. 2022 (arXiv
2112.10752) for attention to conditions. AudioLDM (arXiv 2301.12503) joins a vector to the time, AudioLDM 2 (arXiv
2308.05734) attends to two sequences one after the other. What does not depend on the step is computed once, by `given`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.layers.conv2d import group_norm
from songloom.layers.many_rows import MANY_ROWS
from songloom.layers.matrices import Precision, pack_linears
from songloom.layers.packed_conv import lower
from songloom.layers.positions import rotary_tables
from songloom.layers.row_by_row import row_by_row
from songloom.layers.unet_blocks import CONVOLUTIONS, Attending, AttendingBlock, Memories, Stage, TimedBlock

Sequences = Sequence[tuple[Tensor, Tensor | None]]
"""Conditions to attend to, each [B, L, width] with a mask [B, L] (True is attended to) or None for all of it."""


@dataclass(frozen=True, kw_only=True)
class UnetShape:
    """`widths` of the levels, fine to coarse, each with `depth` blocks on the way down and one more on the way up.
    Where a level is `attended`, and in the middle, a transformer follows every block for each of `attends`: 0 attends
    to the image alone, another number to a sequence of that width, the first such to the first sequence. It has
    `layers` blocks, and `heads` by level. A `vector` of that width is joined to the time; 0 is none."""

    widths: tuple[int, ...] = (128, 256, 384, 640)
    depth: int = 2
    attended: tuple[bool, ...] = (False, True, True, True)
    attends: tuple[int, ...] = (0, 768, 1024)
    layers: int = 1
    heads: tuple[int, ...] = (8, 8, 8, 8)
    groups: int = 32
    vector: int = 0
    axes: Literal[1, 2] = 2

    def __post_init__(self) -> None:
        if not len(self.widths) == len(self.attended) == len(self.heads):
            counts = f"{len(self.widths)} widths, {len(self.attended)} attended, {len(self.heads)} heads"
            raise ValueError(f"a U-Net needs one of each for every level, not {counts}")

    @property
    def sequences(self) -> tuple[int, ...]:
        """Widths of the sequences that it attends to."""
        return tuple(width for width in self.attends if width)


@dataclass(frozen=True, slots=True)
class UnetGiven:
    """All that stays as it is from step to step: of each attending block keys and values of the conditions of each
    piece (none where it attends to the image alone), in the order of the forward; the projected `vector` [B, time
    width]."""

    memories: tuple[Memories, ...]
    vector: Tensor | None = None


class Unet(nn.Module):
    """Noisy images [B, C, F, M] and a time to what is predicted of them, alike."""

    def __init__(self, shape: UnetShape, channels: int) -> None:
        super().__init__()
        self.shape = shape
        conv, widths = CONVOLUTIONS[shape.axes], shape.widths
        inner = 4 * widths[0]
        self.to_time = nn.Sequential(nn.Linear(widths[0], inner), nn.SiLU(), nn.Linear(inner, inner))
        self.to_vector = nn.Linear(shape.vector, inner) if shape.vector else None
        self.time_width = 2 * inner if shape.vector else inner
        self.enter = conv(channels, widths[0], 3, padding=1)
        now, passed = widths[0], [widths[0]]
        self.down, self.halves = nn.ModuleList(), nn.ModuleList()
        for level, width in enumerate(widths):
            stages = nn.ModuleList(self.stage(before, level) for before in [now, *[width] * (shape.depth - 1)])
            self.down.append(stages)
            now, passed = width, passed + [width] * shape.depth
            if level < len(widths) - 1:
                self.halves.append(conv(width, width, 3, stride=2, padding=1))
                passed.append(width)
        self.middle = self.stage(now, len(widths) - 1, attended=True)
        self.last = self.timed(now, now)
        self.up, self.twices = nn.ModuleList(), nn.ModuleList()
        for level in reversed(range(len(widths))):
            stages = nn.ModuleList()
            for _ in range(shape.depth + 1):
                stages.append(self.stage(now + passed.pop(), level))
                now = widths[level]
            self.up.append(stages)
            if level:
                self.twices.append(conv(now, now, 3, padding=1))
        self.norm = group_norm(widths[0], shape.groups, eps=1e-5)
        self.leave = conv(widths[0], channels, 3, padding=1)

    def passed_widths(self) -> list[int]:
        """Widths of all that is passed from the way down to the way up, in this order."""
        found = [self.shape.widths[0]]
        for level, width in enumerate(self.shape.widths):
            found += [width] * (self.shape.depth + (level < len(self.shape.widths) - 1))
        return found

    def timed(self, inputs: int, outputs: int) -> TimedBlock:
        """A block without attention."""
        return TimedBlock(inputs, outputs, self.time_width, groups=self.shape.groups, axes=self.shape.axes)

    def stage(self, inputs: int, level: int, *, attended: bool = False) -> Stage:
        """A block at a level's width, with its transformers where the level is attended."""
        shape, width, count, attending = self.shape, self.shape.widths[level], 0, []
        for context in shape.attends if attended or shape.attended[level] else ():
            source = count if context else None
            count += context > 0
            attending.append(
                Attending(width, shape.heads[level], context, source, layers=shape.layers, groups=shape.groups)
            )
        return Stage(self.timed(inputs, width), attending)

    def given(self, sequences: Sequences = (), vector: Tensor | None = None) -> UnetGiven:
        """What conditions come to before the first step: sequences to attend to, and a vector [B, `vector`]. Raises
        ValueError when they are not those that this network was made for."""
        widths = tuple(states.shape[-1] for states, _ in sequences)
        if widths != self.shape.sequences or (vector is None) != (self.to_vector is None):
            told = "a vector" if self.to_vector is not None else "no vector"
            raise ValueError(f"sequences have widths {widths}; this U-Net takes {self.shape.sequences} and {told}")
        memories = tuple(
            () if block.source is None else (block.second.remember(*sequences[block.source]),)
            for block in self.attending_blocks()
        )
        return UnetGiven(memories, None if vector is None or self.to_vector is None else self.to_vector(vector))

    @staticmethod
    def together(parts: Sequence[UnetGiven]) -> UnetGiven:
        """What several pieces are given as one batch. Each part holds as many rows: one piece, or what is wanted of it
        and what guidance moves it away from; what is wanted of all pieces comes first. Each piece goes on attending to
        its own conditions, which may be of any length."""
        memories = tuple(
            tuple(one for memory in of_block for one in memory)
            for of_block in zip(*(part.memories for part in parts), strict=True)
        )
        vectors = [part.vector for part in parts if part.vector is not None]
        return UnetGiven(memories, rearrange(vectors, "b rows d -> (rows b) d") if vectors else None)

    def pack(self, precision: Precision) -> None:
        """Makes it fast on a CPU: matrices that are laid out once, in bfloat16 the convolutions too. It cannot learn or
        be saved any more, and its conditions have to be given anew."""
        pack_linears(self, precision, products=MANY_ROWS, but=("to_time", "to_vector"))
        if precision == "bfloat16":
            lower(self)

    def attending_blocks(self) -> list[AttendingBlock]:
        """In the order of the forward."""
        return [block for block in self.modules() if isinstance(block, AttendingBlock)]

    def forward(self, image: Tensor, times: Tensor, given: UnetGiven, added: Sequence[Tensor] = ()) -> Tensor:
        """Noisy images [B, C, F, M] at times [B] (or one for all, []) -> the prediction [B, C, F, M]. What is `added`,
        if anything, comes to all that is passed from the way down to the way up, and to the middle."""
        time = self.told(times.expand(len(image)).to(image), given)
        memories = iter(given.memories)
        image, passed = self.descend(self.enter(image), time, memories)
        image = self.last(self.middle(image, time, memories), time)
        if added:
            *passed, image = (state + more for state, more in zip([*passed, image], added, strict=True))
        return self.ascend(image, passed, time, memories)

    def states(self, image: Tensor, times: Tensor, given: UnetGiven, hint: Tensor) -> list[Tensor]:
        """What is passed on the way down, and what comes out of the middle, for networks that listen in; a `hint`
        [B, D, F, M] is added where images enter."""
        time = self.told(times.expand(len(image)).to(image), given)
        memories = iter(given.memories)
        image, passed = self.descend(self.enter(image) + hint, time, memories)
        return [*passed, self.last(self.middle(image, time, memories), time)]

    def told(self, times: Tensor, given: UnetGiven) -> Tensor:
        """Times [B] and the vector -> what every block is told [B, time width]."""
        time = row_by_row(self.to_time, torch.cat(rotary_tables(times, self.shape.widths[0]), dim=-1).to(times))
        return functional.silu(time if given.vector is None else torch.cat([time, given.vector], dim=-1))

    def descend(self, image: Tensor, time: Tensor, memories: Iterator[Memories]) -> tuple[Tensor, list[Tensor]]:
        """From what entered [B, D, F, M] to the coarsest size, and what was passed on the way."""
        passed = [image]
        for level, stages in enumerate(self.down):
            for stage in cast(nn.ModuleList, stages):
                image = stage(image, time, memories)
                passed.append(image)
            if level < len(self.halves):
                image = self.halves[level](image)
                passed.append(image)
        return image, passed

    def ascend(self, image: Tensor, passed: Sequence[Tensor], time: Tensor, memories: Iterator[Memories]) -> Tensor:
        """From the coarsest size to the prediction, beside what was `passed`, the last first."""
        left = list(passed)
        for level, stages in enumerate(self.up):
            for stage in cast(nn.ModuleList, stages):
                image = stage(torch.cat([image, left.pop()], dim=1), time, memories)
            if level < len(self.twices):
                image = self.twices[level](functional.interpolate(image, size=left[-1].shape[2:], mode="nearest"))
        return self.leave(functional.silu(self.norm(image)))
