"""Who hears what in which order: a pure function of the test and the rater's number, so that it survives any restart.

Orders come from hashes, not from a random generator whose stream may change between versions. Each rater hears every
system on the same prompts, so that differences are paired; prompts go round in turn over the raters.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from songloom.metrics.listening.design import ANCHOR, BEEPS, REFERENCE, Design

T = TypeVar("T")
TRIALS_PER_CHECK = 12
FEWEST_CHECKS = 2


@dataclass(frozen=True, slots=True)
class Trial:
    """One clip to rate or two to choose between (ids, in the order of the page); a `check` is no question of taste."""

    prompt: str
    clips: tuple[str, ...]
    check: bool = False


def plan(design: Design, rater: int) -> tuple[Trial, ...]:
    """The trials of a rater, numbered from 0, in their order."""
    choices = _ratings if design.mode == "ratings" else _pairs
    prompts = shared_out(design, rater)
    waiting = {prompt: choices(design, rater, prompt) for prompt in prompts}
    trials: list[Trial] = []
    for turn in range(len(waiting[prompts[0]])):
        order = shuffled(prompts, design.seed, rater, turn)
        if trials and len(order) > 1 and order[0] == trials[-1].prompt:
            order[0], order[1] = order[1], order[0]
        trials.extend(waiting[prompt][turn] for prompt in order)
    return tuple(_with_checks(design, rater, prompts, trials))


def shared_out(design: Design, rater: int) -> list[str]:
    """Ids of the prompts that a rater gets: as many as fit into `trials`, the next ones in turn for each rater."""
    conditions = len(_conditions(design))
    each = conditions if design.mode == "ratings" else conditions * (conditions - 1) // 2
    order = shuffled((prompt.id for prompt in design.prompts), design.seed)
    count = min(len(order), max(1, design.trials // each))
    return [order[(rater * count + place) % len(order)] for place in range(count)]


def shuffled(items: Iterable[T], *key: object) -> list[T]:
    """The items in an order that depends on them and the key alone."""
    return sorted(items, key=lambda item: _number(*key, item))


def _conditions(design: Design) -> tuple[str, ...]:
    """What is rated or compared: a pair with the anchor would tell nothing but who listens, and is a check."""
    return tuple(name for name in design.conditions if design.mode == "ratings" or name != ANCHOR)


def _ratings(design: Design, rater: int, prompt: str) -> list[Trial]:
    order = shuffled(_conditions(design), design.seed, rater, prompt)
    return [Trial(prompt, (design.clip(prompt, system).id,)) for system in order]


def _pairs(design: Design, rater: int, prompt: str) -> list[Trial]:
    pairs = list(itertools.combinations(_conditions(design), 2))
    return [_pair(design, rater, prompt, pair) for pair in shuffled(pairs, design.seed, rater, prompt)]


def _pair(design: Design, rater: int, prompt: str, pair: Iterable[str], *, check: bool = False) -> Trial:
    order = shuffled(pair, design.seed, rater, prompt, *sorted(pair), "sides")
    return Trial(prompt, tuple(design.clip(prompt, system).id for system in order), check)


def _with_checks(design: Design, rater: int, prompts: list[str], trials: list[Trial]) -> list[Trial]:
    """The trials with one check in each of as many stretches of equal length, never as the very first trial."""
    count = max(FEWEST_CHECKS, len(trials) // TRIALS_PER_CHECK)
    checks = _beeps(design, rater) if design.mode == "ratings" else _spoilt(design, rater, prompts)
    result = list(trials)
    for place in reversed(range(count)):
        begin, end = (max(1, round(edge * len(trials) / count)) for edge in (place, place + 1))
        at = begin + _number(design.seed, rater, place, "check") % max(1, end - begin)
        result.insert(at, checks[place % len(checks)])
    return result


def _beeps(design: Design, rater: int) -> list[Trial]:
    clips = [clip for clip in design.clips if clip.system == BEEPS]
    return [Trial(c.prompt, (c.id,), True) for c in shuffled(clips, design.seed, rater, "beeps")]


def _spoilt(design: Design, rater: int, prompts: list[str]) -> list[Trial]:
    """The anchor beside what it was made from, for each of the rater's prompts."""
    order = shuffled(prompts, design.seed, rater, "spoilt")
    sources = {prompt: design.clip(prompt, ANCHOR).source or REFERENCE for prompt in order}
    return [_pair(design, rater, prompt, (sources[prompt], ANCHOR), check=True) for prompt in order]


def _number(*key: object) -> int:
    """A whole number that looks drawn at random and depends on the key alone."""
    return int.from_bytes(hashlib.sha256(repr(key).encode()).digest()[:8], "big")
