"""What a listening test consists of: the question put, the prompts, and the clips under names that tell nothing.

A clip belongs to a system under test or is one of three that nobody is told of: the reference (music that is known to
be good), the low anchor (the reference spoilt, ITU-R BS.1534-3) and clips that give way to beeps, to be counted.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

Mode = Literal["ratings", "preference"]
QUESTIONS = {"quality": "OVL", "relevance": "REL"}
"""The two questions of every trial, and what papers call them (Copet et al. 2023, arXiv 2306.05284, section 4.2)."""
REFERENCE, ANCHOR, BEEPS = "reference", "anchor", "beeps"
HIDDEN = (REFERENCE, ANCHOR, BEEPS)
LOWEST, HIGHEST = 1, 100
POINTS_PER_BEEP = 10
SHORTEST, LONGEST = 0.2, 600.0
"""Seconds that a clip may last."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """The words that a clip was made from."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Clip:
    """A sound as raters get it: `seconds` long, at `loudness` LUFS (None: silence) after `gain` dB. `id` says nothing
    of the rest. An anchor was made from the clip of `source`; `beeps` are to be counted."""

    id: str
    prompt: str
    system: str
    seconds: float
    loudness: float | None
    gain: float
    source: str = ""
    beeps: int = 0


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is asked of a test beside its material; longer clips are cut at `seconds`; None: at ten
    minutes."""

    title: str = "Listening test"
    mode: Mode = "ratings"
    seed: int = 0
    seconds: float | None = None
    trials: int = 60

    def __post_init__(self) -> None:
        if self.seconds is not None and not SHORTEST <= self.seconds <= LONGEST:
            raise ValueError(f"seconds is {self.seconds}; clips are {SHORTEST:g} to {LONGEST:g} s long")
        if not 1 <= self.trials <= 1000:
            raise ValueError(f"trials is {self.trials}; a rater is given 1 to 1000")


@dataclass(frozen=True)
class Design:
    """A whole test. `target` is the loudness in LUFS that clips were brought to, `trials` how many clips (or pairs) a
    rater is given at most, checks aside; `fingerprint` tells whether the same was asked for again."""

    title: str
    mode: Mode
    seed: int
    trials: int
    target: float
    systems: tuple[str, ...]
    prompts: tuple[Prompt, ...]
    clips: tuple[Clip, ...]
    fingerprint: str = ""

    @cached_property
    def by_id(self) -> dict[str, Clip]:
        return {clip.id: clip for clip in self.clips}

    @cached_property
    def texts(self) -> dict[str, str]:
        """The words of each prompt, by its id."""
        return {prompt.id: prompt.text for prompt in self.prompts}

    @cached_property
    def conditions(self) -> tuple[str, ...]:
        """The systems, and the reference and the anchor where the test has them."""
        present = {clip.system for clip in self.clips}
        return self.systems + tuple(name for name in (REFERENCE, ANCHOR) if name in present)

    def clip(self, prompt: str, system: str) -> Clip:
        """The clip of a system (or of the reference, the anchor) for a prompt."""
        return self._by_place[prompt, system]

    @cached_property
    def _by_place(self) -> dict[tuple[str, str], Clip]:
        return {(clip.prompt, clip.system): clip for clip in self.clips}

    def to_text(self) -> str:
        """One line of JSON."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> Design:
        """A design from its JSON."""
        data: dict[str, Any] = json.loads(text)
        data["systems"] = tuple(data["systems"])
        data["prompts"] = tuple(Prompt(**prompt) for prompt in data["prompts"])
        data["clips"] = tuple(Clip(**clip) for clip in data["clips"])
        return cls(**data)


def checked_systems(names: Iterable[str]) -> tuple[str, ...]:
    """Names of systems that differ and are not those of hidden clips."""
    found = tuple(names)
    if taken := sorted(set(found) & set(HIDDEN)):
        raise ValueError(f"a system cannot be called {', '.join(taken)}: hidden clips are; rename its folder")
    if len(set(found)) < len(found):
        raise ValueError(f"two systems have one name: {', '.join(found)}; folders need different names")
    return found
