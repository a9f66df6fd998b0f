"""Conditions as a language model takes them: vectors to attend to, or a prefix of the sequence."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Conditions:
    """B items' conditions, each None where there are none: `cross` [B, L, D] is attended to at every step, without
    what `mask` [B, L] leaves out (None: nothing); `prefix` [B, P, D] stands before the first step."""

    cross: Tensor | None = None
    mask: Tensor | None = None
    prefix: Tensor | None = None

    @property
    def prefix_length(self) -> int:
        """Positions P of the prefix."""
        return 0 if self.prefix is None else self.prefix.shape[1]

    @property
    def rows(self) -> int | None:
        """Items B; None when there are no conditions at all."""
        given = self.prefix if self.cross is None else self.cross
        return None if given is None else len(given)
