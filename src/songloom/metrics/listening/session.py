"""What raters may ask and do, without a word of HTTP: begin, see their trial, answer it, hear its clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from songloom.metrics.listening.design import HIGHEST, LOWEST, QUESTIONS, Mode
from songloom.metrics.listening.plan import Trial, plan
from songloom.metrics.listening.storage import Storage

MOST_RATERS = 10_000
LONGEST_LISTENING = 86_400.0


@dataclass(frozen=True, slots=True)
class View:
    """What a rater's page shows: nothing in it tells systems, checks or the rater's number. Before the beginning
    `begun` is False; after the last trial `clips` is empty."""

    title: str
    mode: Mode
    begun: bool
    done: int = 0
    total: int = 0
    prompt: str = ""
    clips: tuple[str, ...] = ()


class Session:
    """A running test: its database and the folder of its clips."""

    def __init__(self, storage: Storage, clips: Path) -> None:
        self.storage, self.design, self.clips = storage, storage.design, clips
        self._plan = lru_cache(maxsize=256)(lambda rater: plan(self.design, rater))

    def begin(self, token: str | None) -> str:
        """The token of a rater: the given one where it is known, else a new rater's."""
        if token is not None and self.storage.rater(token) is not None:
            return token
        return self.storage.enrol(MOST_RATERS)

    def view(self, token: str | None) -> View:
        """The page of whoever has this token."""
        rater = self._rater(token)
        if rater is None:
            return View(self.design.title, self.design.mode, begun=False)
        trials, done = self._plan(rater), self.storage.position(rater)
        seen = View(self.design.title, self.design.mode, True, min(done, len(trials)), len(trials))
        if done >= len(trials):
            return seen
        trial = trials[done]
        return View(seen.title, seen.mode, True, seen.done, seen.total, self.design.texts[trial.prompt], trial.clips)

    def answer(self, token: str | None, position: int, values: Mapping[str, int], heard: Sequence[float]) -> View:
        """Stores the answers to a trial and gives the next page. A trial that was answered before stays as it is, so
        that an answer may be sent twice. Raises ValueError for values that are none and trials that are not there."""
        rater = self._rater(token)
        if rater is None:
            raise ValueError("nobody has begun under this token")
        trials = self._plan(rater)
        done = self.storage.position(rater)
        if not 0 <= position <= done or position >= len(trials):
            raise ValueError(f"trial {position} is not the one to answer")
        trial = trials[position]
        self._check(trial, values, heard)
        if position == done:
            self.storage.record(rater, position, trial.clips, values, float(sum(heard)))
        return self.view(token)

    def clip(self, token: str | None, identity: str) -> Path | None:
        """The file of a clip, for the rater whose trial it is in now; None for all else. The path is made of an id that
        the test gave out, never of the one that came."""
        known = next((name for name in self.view(token).clips if name == identity), None)
        return None if known is None else self.clips / f"{known}.flac"

    def _rater(self, token: str | None) -> int | None:
        return None if token is None else self.storage.rater(token)

    def _check(self, trial: Trial, values: Mapping[str, int], heard: Sequence[float]) -> None:
        if set(values) != set(QUESTIONS):
            raise ValueError(f"answers to {sorted(values)} came; needed: {', '.join(QUESTIONS)}")
        low, high = (LOWEST, HIGHEST) if self.design.mode == "ratings" else (-1, 1)
        for question, value in values.items():
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise ValueError(f"{question} is {value!r}; it is a whole number from {low} to {high}")
        if len(heard) != len(trial.clips) or not all(0 <= seconds <= LONGEST_LISTENING for seconds in heard):
            raise ValueError("heard needs the seconds that each clip was played")
