"""The order of an epoch, a pure function of (seed, epoch): every clip once, shards in random order and mixed in groups.

Position p of a run lies in epoch p // N at place p % N of N clips, so a run goes on anywhere without any state, and any
number of processes may share the positions. Groups keep what is read at one time in few shards.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

STREAM = 0x6F72646572
"""Sets this use of a seed apart from others."""


class EpochOrder:
    """`shards` names the shard of each clip; `mixed` shards together are shuffled at a time."""

    def __init__(self, shards: Sequence[Hashable], seed: int, *, mixed: int = 8) -> None:
        if not shards or mixed < 1:
            raise ValueError(f"{len(shards)} clips, {mixed} shards mixed; both must be at least 1")
        numbers: dict[Hashable, int] = {}
        owners = np.array([numbers.setdefault(shard, len(numbers)) for shard in shards])
        self._members = [np.flatnonzero(owners == number) for number in range(len(numbers))]
        self._clips, self._seed, self._mixed = len(shards), seed, mixed
        self._known: tuple[int, np.ndarray] = (-1, np.zeros(0, int))

    def __len__(self) -> int:
        return self._clips

    def at(self, position: int) -> int:
        """The number of the clip at a position of the whole run."""
        epoch, place = divmod(position, self._clips)
        known, order = self._known
        if known != epoch:
            order = self.epoch(epoch)
            self._known = (epoch, order)
        return int(order[place])

    def epoch(self, epoch: int) -> np.ndarray:
        """The clips [N] in the order of an epoch."""
        rng = np.random.Generator(np.random.Philox(np.random.SeedSequence((self._seed, STREAM, epoch))))
        shards = [self._members[number] for number in rng.permutation(len(self._members))]
        groups = [np.concatenate(shards[at : at + self._mixed]) for at in range(0, len(shards), self._mixed)]
        return np.concatenate([rng.permutation(group) for group in groups])
