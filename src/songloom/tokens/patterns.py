"""How K code streams are laid out in time for a language model: every pattern can be undone exactly."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from songloom.config import Configurable, Settings


class Pattern(Configurable):
    """Codes [B, K, F] to a grid [B, K, S] of S steps that the model walks through, and back."""

    @abstractmethod
    def steps(self, streams: int, frames: int) -> int:
        """Steps S for K streams of F frames."""

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


class Delay(Pattern, kind="delay"):
    """Stream k lags k steps behind the first, so that it sees the coarser codes of its own frame
    (Copet et al. 2023, MusicGen, section 2.2)."""

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """`lag` is how many steps each stream stands behind the one before; 0 puts them side by side."""

        lag: int = 1

    def __init__(self, config: Config) -> None:
        if config.lag < 0:
            raise ValueError(f"a delay's lag must be 0 or more, not {config.lag}")
        self.config = config

    def steps(self, streams: int, frames: int) -> int:
        return frames + self.config.lag * (streams - 1)

    def frame_of(self, streams: int, frames: int, device: torch.device | str = "cpu") -> Tensor:
        steps = torch.arange(self.steps(streams, frames), device=device)
        source = steps - self.config.lag * torch.arange(streams, device=device)[:, None]
        return torch.where((source >= 0) & (source < frames), source, -1)
