"""Which raters listened: attention checks, and the order of reference and anchor.

A check is failed where beeps were miscounted, or where a spoilt clip was not found worse than what it was made from.
The second rule follows ITU-R BS.1534-3, which drops assessors who misjudge the hidden clips on more than
15 % of the items; it fits ratings of single clips when asked of the order alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from songloom.metrics.listening.design import ANCHOR, POINTS_PER_BEEP, REFERENCE, Design
from songloom.metrics.listening.plan import plan
from songloom.metrics.listening.storage import Answer

TOLERATED_CHECKS = 0.25
TOLERATED_ORDER = 0.15
BEEP_TOLERANCE = 5
UNCHECKED = "answered no attention check"
INATTENTIVE = "failed attention checks"
MISORDERED = "rated the spoilt clips above the reference"


@dataclass(frozen=True)
class Screening:
    """The answers that count (checks left out), and why those of other raters do not."""

    kept: tuple[Answer, ...]
    raters: int
    finished: int
    excluded: dict[str, tuple[int, ...]]

    @property
    def counted(self) -> int:
        """How many raters' answers count."""
        return self.raters - sum(len(numbers) for numbers in self.excluded.values())


def screen(design: Design, answers: Iterable[Answer]) -> Screening:
    """Sorts out raters. `raters` are those who answered anything."""
    excluded: dict[str, list[int]] = {UNCHECKED: [], INATTENTIVE: [], MISORDERED: []}
    kept: list[Answer] = []
    raters = finished = 0
    for rater, group in itertools.groupby(sorted(answers, key=lambda a: (a.rater, a.position)), lambda a: a.rater):
        trials, given = plan(design, rater), list(group)
        raters += 1
        finished += given[-1].position + 1 == len(trials)
        checks = [answer for answer in given if trials[answer.position].check]
        tasted = [answer for answer in given if not trials[answer.position].check]
        reason = _failing(design, checks, tasted)
        if reason:
            excluded[reason].append(rater)
        else:
            kept.extend(tasted)
    return Screening(tuple(kept), raters, finished, {reason: tuple(numbers) for reason, numbers in excluded.items()})


def _failing(design: Design, checks: Sequence[Answer], tasted: Sequence[Answer]) -> str | None:
    passed: dict[int, bool] = {}
    for answer in checks:
        passed[answer.position] = passed.get(answer.position, True) and _passes(design, answer)
    if not passed:
        return UNCHECKED
    if list(passed.values()).count(False) / len(passed) > TOLERATED_CHECKS:
        return INATTENTIVE
    return MISORDERED if _share_misordered(design, tasted) > TOLERATED_ORDER else None


def _passes(design: Design, answer: Answer) -> bool:
    """Beeps counted, on both questions; or quality found better in the clip that was not spoilt."""
    first = design.by_id[answer.first]
    if design.mode == "ratings":
        return abs(answer.value - POINTS_PER_BEEP * first.beeps) <= BEEP_TOLERANCE
    return answer.question != "quality" or answer.value == (-1 if first.system == ANCHOR else 1)


def _share_misordered(design: Design, tasted: Sequence[Answer]) -> float:
    """On which share of prompts the anchor's quality was rated above the reference's."""
    if design.mode != "ratings":
        return 0.0
    quality = {
        (clip.prompt, clip.system): answer.value
        for answer in tasted
        if answer.question == "quality" and (clip := design.by_id[answer.first]).system in (REFERENCE, ANCHOR)
    }
    both = [prompt for prompt, system in quality if system == REFERENCE and (prompt, ANCHOR) in quality]
    wrong = [prompt for prompt in both if quality[prompt, ANCHOR] > quality[prompt, REFERENCE]]
    return len(wrong) / len(both) if both else 0.0
