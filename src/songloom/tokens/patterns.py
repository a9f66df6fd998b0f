"""How K code streams are laid out in time for a language model: every pattern can be undone exactly.

The six patterns of MusicGen's comparison (Copet et al. 2023, arXiv 2306.05284, section 2.2 and table 4). A grid
below is of 4 streams (rows, the coarsest first) of 5 frames; a column is a step of the model, which draws all
that stands there at once; a dot is the id `empty`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from songloom.config import Configurable, Settings


class Pattern(Configurable):
    """Codes [B, K, F] to a grid [B, K, S] of S steps that the model walks through, and back."""

    @abstractmethod
    def steps(self, streams: int, frames: int) -> int:
        """Steps S for K streams of F frames."""

    def steps_per_frame(self, streams: int) -> int:
        """Steps that one more frame of a long piece takes."""
        return self.steps(streams, 2) - self.steps(streams, 1)

    @abstractmethod
    def frame_of(self, streams: int, frames: int, device: torch.device | str = "cpu") -> Tensor:
        """[K, S] int64: which frame stands at each stream and step; -1 where none does."""

    def lay_out(self, codes: Tensor, empty: int) -> Tensor:
        """[B, K, F] -> [B, K, S], with the id `empty` where no code stands."""
        batch, streams, frames = codes.shape
        source = self.frame_of(streams, frames, codes.device)
        grid = codes.gather(2, source.clamp_min(0).expand(batch, -1, -1))
        return grid.masked_fill(source < 0, empty)

    def collect(self, grid: Tensor, frames: int) -> Tensor:
        """The inverse of `lay_out`: [B, K, S] -> [B, K, F]."""
        batch, streams, _ = grid.shape
        source = self.frame_of(streams, frames, grid.device)
        where = torch.arange(source.shape[1], device=grid.device).expand_as(source)
        place = torch.zeros(streams, frames + 1, dtype=torch.int64, device=grid.device)
        place.scatter_(1, torch.where(source < 0, frames, source), where)
        return grid.gather(2, place[:, :frames].expand(batch, -1, -1))


class Shifted(Pattern):
    """A pattern of one step a frame, in which stream k stands `delays(K)[k]` steps late."""

    @abstractmethod
    def delays(self, streams: int) -> Sequence[int]:
        """How late each of the K streams is, in steps."""

    def steps(self, streams: int, frames: int) -> int:
        return frames + max(self.delays(streams))

    def frame_of(self, streams: int, frames: int, device: torch.device | str = "cpu") -> Tensor:
        late = torch.tensor(self.delays(streams), device=device)[:, None]
        source = torch.arange(self.steps(streams, frames), device=device) - late
        return torch.where((source >= 0) & (source < frames), source, -1)


class Parallel(Shifted, kind="parallel"):
    """All streams of a frame at once, F steps: a code is drawn without knowing the coarser ones of its frame.

    0 1 2 3 4
    0 1 2 3 4
    0 1 2 3 4
    0 1 2 3 4
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """Nothing to choose."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def delays(self, streams: int) -> Sequence[int]:
        return [0] * streams


class Delay(Shifted, kind="delay"):
    """Each stream some steps behind the coarser one, so that it sees the coarser codes of its own frame.

    0 1 2 3 4 . . .
    . 0 1 2 3 4 . .
    . . 0 1 2 3 4 .
    . . . 0 1 2 3 4
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """`lag` is how many steps each stream stands behind the one before; 0 puts them side by side. `own` gives
        every stream its delay instead, as (0, 0, 1, 1) where left and right take turns."""

        lag: int = 1
        own: tuple[int, ...] | None = None

    def __init__(self, config: Config) -> None:
        if config.lag < 0 or min(config.own or (0,)) < 0:
            raise ValueError(f"a delay's lag must be 0 or more, not {config.own or config.lag}")
        self.config = config

    def delays(self, streams: int) -> Sequence[int]:
        own = self.config.own
        if own is not None and len(own) != streams:
            raise ValueError(f"there are delays for {len(own)} streams, not for {streams}")
        return own or [self.config.lag * stream for stream in range(streams)]


class PartialDelay(Shifted, kind="partial-delay"):
    """The coarsest stream first, the others together one step later.

    0 1 2 3 4 .
    . 0 1 2 3 4
    . 0 1 2 3 4
    . 0 1 2 3 4
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """`lag` is how many steps the others are late."""

        lag: int = 1

    def __init__(self, config: Config) -> None:
        if config.lag < 0:
            raise ValueError(f"a delay's lag must be 0 or more, not {config.lag}")
        self.config = config

    def delays(self, streams: int) -> Sequence[int]:
        return [0] + [self.config.lag] * (streams - 1)


class Grouped(Pattern):
    """A pattern that draws a frame in groups of streams, one after the other; each code knows all groups before."""

    @abstractmethod
    def groups(self, streams: int) -> Sequence[int]:
        """The group of each of the K streams, from 0 on without gaps."""

    def steps(self, streams: int, frames: int) -> int:
        return frames * (1 + max(self.groups(streams)))

    def frame_of(self, streams: int, frames: int, device: torch.device | str = "cpu") -> Tensor:
        group = torch.tensor(self.groups(streams), device=device)[:, None]
        steps = torch.arange(self.steps(streams, frames), device=device)
        count = 1 + max(self.groups(streams))
        return torch.where(steps % count == group, steps // count, -1)


class Flattening(Grouped, kind="flattening"):
    """One code a step, K F steps: the exact factorisation.

    0 . . . 1 . . . 2 . . . 3 . . . 4 . . .
    . 0 . . . 1 . . . 2 . . . 3 . . . 4 . .
    . . 0 . . . 1 . . . 2 . . . 3 . . . 4 .
    . . . 0 . . . 1 . . . 2 . . . 3 . . . 4
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """Nothing to choose."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def groups(self, streams: int) -> Sequence[int]:
        return range(streams)


class PartialFlattening(Grouped, kind="partial-flattening"):
    """The coarsest code of a frame, then its others together, 2 F steps.

    0 . 1 . 2 . 3 . 4 .
    . 0 . 1 . 2 . 3 . 4
    . 0 . 1 . 2 . 3 . 4
    . 0 . 1 . 2 . 3 . 4
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """Nothing to choose."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def groups(self, streams: int) -> Sequence[int]:
        return [min(stream, 1) for stream in range(streams)]


class CoarseFirst(Pattern, kind="coarse-first"):
    """The whole coarsest stream, then all others together, 2 F steps (VALL-E, Wang et al. 2023, arXiv 2301.02111).

    0 1 2 3 4 . . . . .
    . . . . . 0 1 2 3 4
    . . . . . 0 1 2 3 4
    . . . . . 0 1 2 3 4
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """Nothing to choose."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def steps(self, streams: int, frames: int) -> int:
        return frames * min(streams, 2)

    def frame_of(self, streams: int, frames: int, device: torch.device | str = "cpu") -> Tensor:
        first = torch.tensor([frames * min(stream, 1) for stream in range(streams)], device=device)[:, None]
        source = torch.arange(self.steps(streams, frames), device=device) - first
        return torch.where((source >= 0) & (source < frames), source, -1)
