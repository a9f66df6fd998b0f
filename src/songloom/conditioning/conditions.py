"""Conditions as a language model takes them: vectors to attend to, or a prefix of the sequence."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from songloom.conditioning.guidance import paired


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

    def beside(self, others: Conditions) -> Conditions:
        """Both halves that guidance needs, in one batch [2 B, ...], these first."""
        return Conditions(*(_both(getattr(self, name), getattr(others, name)) for name in self.__slots__))


def _both(one: Tensor | None, other: Tensor | None) -> Tensor | None:
    if one is None or other is None:
        if one is not other:
            raise ValueError("guidance needs two halves with the same conditions")
        return None
    return paired(one, other)
