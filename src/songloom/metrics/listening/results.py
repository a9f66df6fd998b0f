"""What a listening test found: means by system, differences between systems, and whose answers count."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from songloom.metrics.confidence import Estimate
from songloom.metrics.listening.clustered import clustered_mean, clustered_p
from songloom.metrics.listening.design import HIDDEN, QUESTIONS, Design
from songloom.metrics.listening.screening import Screening, screen
from songloom.metrics.listening.significance import holm, least_p, signed_rank
from songloom.metrics.listening.storage import Answer

LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Score:
    """One value of a system: a rating, or of a choice 100 where it was preferred, 50 for no difference, 0 else.
    `against` is the other system of the choice."""

    rater: int
    prompt: str
    system: str
    value: float
    against: str = ""


class _Column:
    """Values with their raters and prompts beside them."""

    def __init__(self, rows: Sequence[Score]) -> None:
        self.values = [row.value for row in rows]
        self.raters = [row.rater for row in rows]
        self.prompts = [row.prompt for row in rows]

    @property
    def mean(self) -> Estimate:
        return clustered_mean(self.values, self.raters, self.prompts)


@dataclass(frozen=True)
class Mean:
    """A system's mean on one question; of preferences the share in percent, over all its opponents."""

    system: str
    question: str
    estimate: Estimate


@dataclass(frozen=True)
class Comparison:
    """How much higher `first` is than `second` in points, and how likely so much is by chance: on other prompts heard
    by these raters, with other raters of these prompts (both by signed ranks), and with both new (by the interval's
    variance). Each is corrected over all pairs of the question."""

    first: str
    second: str
    question: str
    difference: Estimate
    p_prompts: float
    p_raters: float
    p_both: float
    prompts: int
    raters: int

    @property
    def better(self) -> str | None:
        """The system that is better by all three, at 5 %. The signed ranks alone would promise too much where raters
        differ in taste: a leaning of these raters moves all prompts at once."""
        if max(self.p_prompts, self.p_raters, self.p_both) > LEVEL:
            return None
        return self.first if self.difference.value > 0 else self.second


@dataclass(frozen=True)
class Results:
    """All that a report says."""

    design: Design
    screening: Screening
    came: int
    means: tuple[Mean, ...]
    comparisons: tuple[Comparison, ...]

    @property
    def too_few(self) -> tuple[str, ...]:
        """Of what there is too little for any difference to reach 5 % ("raters", "prompts")."""
        pairs = len(self.comparisons) // len(QUESTIONS)
        kinds = {
            "raters": max((c.raters for c in self.comparisons), default=0),
            "prompts": max((c.prompts for c in self.comparisons), default=0),
        }
        return tuple(kind for kind, units in kinds.items() if pairs and least_p(units) * pairs > LEVEL)


def evaluate(design: Design, answers: Iterable[Answer], came: int) -> Results:
    """The results of a test's answers; `came` raters opened it."""
    screening = screen(design, answers)
    means: list[Mean] = []
    comparisons: list[Comparison] = []
    for question in QUESTIONS:
        scores = list(scores_of(design, (a for a in screening.kept if a.question == question)))
        for system in design.conditions:
            rows = [score for score in scores if score.system == system]
            if rows or system not in HIDDEN:
                means.append(Mean(system, question, _Column(rows).mean))
        comparisons.extend(compared(design, question, scores))
    return Results(design, screening, came, tuple(means), tuple(comparisons))


def scores_of(design: Design, answers: Iterable[Answer]) -> Iterable[Score]:
    """What answers of one question say of systems."""
    for answer in answers:
        first = design.by_id[answer.first]
        if design.mode == "ratings":
            yield Score(answer.rater, first.prompt, first.system, answer.value)
            continue
        second = design.by_id[answer.second]
        share = 50.0 * (1 + answer.value)
        yield Score(answer.rater, first.prompt, first.system, share, second.system)
        yield Score(answer.rater, first.prompt, second.system, 100.0 - share, first.system)


def compared(design: Design, question: str, scores: Sequence[Score]) -> list[Comparison]:
    """Every pair of systems under test; hidden clips are not tested, which would only weaken the correction."""
    pairs = list(itertools.combinations(design.systems, 2))
    found = [_Column(_differences(scores, *pair)) for pair in pairs]
    by_prompt = holm([signed_rank(one.values, one.prompts) for one in found])
    by_rater = holm([signed_rank(one.values, one.raters) for one in found])
    by_both = holm([clustered_p(one.values, one.raters, one.prompts) for one in found])
    chances = zip(by_prompt, by_rater, by_both, strict=True)
    return [
        Comparison(*pair, question, one.mean, *three, len(set(one.prompts)), len(set(one.raters)))
        for pair, one, three in zip(pairs, found, chances, strict=True)
    ]


def _differences(scores: Sequence[Score], first: str, second: str) -> list[Score]:
    """What a rater gave one system more than another on a prompt, wherever both were heard (by each other's side)."""
    found: defaultdict[tuple[int, str], dict[str, float]] = defaultdict(dict)
    for score in scores:
        if score.system in (first, second) and score.against in ("", first, second):
            found[score.rater, score.prompt][score.system] = score.value
    return [
        Score(rater, prompt, first, both[first] - both[second], second)
        for (rater, prompt), both in found.items()
        if len(both) == 2
    ]
