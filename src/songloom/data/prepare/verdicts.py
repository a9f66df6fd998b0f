"""What becomes of each file: kept or not and why, its duplicates, and its split, from the facts of all files.

Files that must not lie on two sides of a split are one group: of one artist, of one track, copies and near copies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from songloom.audio.features.fingerprint import alike, joined
from songloom.data.manifest import FEW, SPLITS, split_of
from songloom.data.prepare.facts import Facts
from songloom.data.prepare.layouts import Entry

Heard = Sequence[Facts] | str
"""Of a file: the facts of its stretches, or in one line why it has none."""
LEAST_CUTS = 3
"""A recording that is cut has no clip shorter than three eighths of the bound."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What is kept. Lengths in seconds, shares 0 to 1, loudness in LUFS."""

    shortest: float = 1.0
    "Seconds that a clip has at least."
    longest: float = 7200.0
    "Seconds that a file has at most; no more is ever decoded."
    cut: float = 120.0
    "Seconds that a clip has at most: longer recordings are cut into clips at quiet moments. 0 keeps them whole."
    silence: float = 0.8
    "The share of a clip that may be silent (under -60 dB)."
    clipping: float = 0.01
    "The share of a clip that may lie in clipped peaks."
    quietest: float = -50.0
    "LUFS that a clip has at least."

    def __post_init__(self) -> None:
        shares = 0 <= self.silence <= 1 and 0 <= self.clipping <= 1
        if not (shares and 0 <= self.shortest < self.longest and self.quietest <= 0):
            raise ValueError(f"{self} is no choice: shares are 0 to 1, shortest less than longest, quietest at most 0")
        if self.cut and not self.cut >= LEAST_CUTS * self.shortest:
            raise ValueError(
                f"cut is {self.cut:g} s, but must be 0 (none) or {LEAST_CUTS} times the shortest clip or more"
            )

    def fault(self, facts: Facts) -> str:
        """Why a clip is left out; "" for one that is kept."""
        if facts.seconds < self.shortest:
            return f"{facts.seconds:.2f} s long, shorter than {self.shortest:g} s"
        if facts.seconds > self.longest:
            return f"{facts.seconds:.2f} s long, longer than {self.longest:g} s"
        if facts.silent > self.silence or facts.loudness is None:
            return f"{100 * facts.silent:.0f} % silent"
        if facts.loudness < self.quietest:
            return f"{facts.loudness:.1f} LUFS, quieter than {self.quietest:g}"
        if facts.clipped > self.clipping:
            return f"{100 * facts.clipped:.2f} % clipped"
        return ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one file, or of one stretch of a long one: it is kept where `reason` is ""; `copy_of` names the
    file that it repeats, and `group` what it shares its split with."""

    entry: Entry
    facts: Facts | None
    reason: str = ""
    copy_of: str = ""
    group: str = ""
    split: str = ""

    @property
    def kept(self) -> bool:
        return not self.reason


def judge(
    entries: Sequence[Entry], heard: Mapping[str, Heard], filters: Filters, *, keep_near: bool = False
) -> list[Verdict]:
    """A verdict for each stretch of each entry, in their order. `heard` holds facts, or why there are none, by file;
    with `keep_near` near copies are kept, on one side of the split."""
    verdicts = [one for entry in entries for one in _alone(entry, heard[entry.file], filters)]
    sets = Sets(len(verdicts))
    verdicts = _without_copies(verdicts, sets)
    verdicts = _without_near_copies(verdicts, sets, keep_near)
    for together in (lambda entry: entry.file, lambda entry: entry.artist, lambda entry: entry.track):
        _join_same(verdicts, sets, together)
    return _split(verdicts, sets)


class Sets:
    """Numbers in sets that grow together; a set goes by its smallest number."""

    def __init__(self, size: int) -> None:
        self._above = list(range(size))

    def of(self, number: int) -> int:
        while self._above[number] != number:
            self._above[number] = self._above[self._above[number]]
            number = self._above[number]
        return number

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.of(one), self.of(other)))
        self._above[high] = low


def _alone(entry: Entry, heard: Heard, filters: Filters) -> list[Verdict]:
    if isinstance(heard, str):
        return [Verdict(entry, None, heard)]
    return [Verdict(entry, facts, filters.fault(facts)) for facts in heard]


def _without_copies(verdicts: list[Verdict], sets: Sets) -> list[Verdict]:
    """Of files with the same samples the first stays, with the captions of all."""
    first: dict[str, int] = {}
    for number, verdict in enumerate(verdicts):
        if verdict.facts is None or not verdict.kept:
            continue
        original = first.setdefault(verdict.facts.samples, number)
        if original == number:
            continue
        sets.join(original, number)
        kept = verdicts[original]
        verdicts[original] = replace(kept, entry=kept.entry.told(verdict.entry))
        verdicts[number] = replace(verdict, reason="the same samples", copy_of=kept.entry.file)
    return verdicts


def _without_near_copies(verdicts: list[Verdict], sets: Sets, keep: bool) -> list[Verdict]:
    """Of near copies the longest recording stays, then the one of the highest sample rate. Recordings are compared as a
    whole, and stay or go so, however they are cut."""
    recordings: dict[str, list[tuple[int, Facts]]] = {}
    for number, verdict in enumerate(verdicts):
        if verdict.kept and verdict.facts:
            recordings.setdefault(verdict.entry.file, []).append((number, verdict.facts))
    files = list(recordings)
    prints = [joined([(facts.fingerprint(), facts.start) for _, facts in parts]) for parts in recordings.values()]
    near: dict[str, list[tuple[str, float]]] = {}
    for one in alike(prints):
        first, second = files[one.first], files[one.second]
        sets.join(recordings[first][0][0], recordings[second][0][0])
        near.setdefault(first, []).append((second, one.share))
        near.setdefault(second, []).append((first, one.share))
    if keep:
        return verdicts

    def worth(file: str) -> tuple[float, int, int]:
        parts = recordings[file]
        return sum(facts.seconds for _, facts in parts), parts[0][1].sample_rate, -parts[0][0]

    left: set[str] = set()
    for file in sorted(near, key=worth, reverse=True):
        for other, share in near[file] if file not in left else ():
            if other not in left and worth(other) < worth(file):
                left.add(other)
                reason = f"nearly the same music ({100 * share:.0f} %)"
                for number, _ in recordings[other]:
                    verdicts[number] = replace(verdicts[number], reason=reason, copy_of=file)
    return verdicts


def _join_same(verdicts: Sequence[Verdict], sets: Sets, name: Callable[[Entry], str]) -> None:
    first: dict[str, int] = {}
    for number, verdict in enumerate(verdicts):
        if name(verdict.entry):
            sets.join(first.setdefault(name(verdict.entry), number), number)


def _split(verdicts: list[Verdict], sets: Sets) -> list[Verdict]:
    """Groups and splits: the one that a data set tells for any member, test before valid before train; else by a hash
    of the group's name. Of fewer than FEW files that tell nothing none is held out."""
    members: dict[int, list[int]] = {}
    for number in range(len(verdicts)):
        members.setdefault(sets.of(number), []).append(number)
    few = len({verdict.entry.file for verdict in verdicts if verdict.kept}) < FEW
    for numbers in members.values():
        entries = [verdicts[number].entry for number in numbers]
        group = min(entry.artist or entry.track or entry.file for entry in entries)
        told = {entry.split for entry in entries}
        split = next((name for name in reversed(SPLITS) if name in told), SPLITS[0] if few else split_of(group))
        for number in numbers:
            verdicts[number] = replace(verdicts[number], group=group, split=split)
    return verdicts
