"""What a listening test found: means by system, differences between systems, and whose answers count."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from songloom.metrics.confidence import Estimate
from songloom.metrics.listening.clustered import clustered_mean
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


@dataclass(frozen=True)
class Mean:
    """A system's mean on one question; of preferences the share in percent, over all its opponents."""

    system: str
    question: str
    estimate: Estimate


@dataclass(frozen=True)
class Comparison:
    """How much higher `first` is than `second` in points, and how likely so much is by chance on other prompts and with
    other raters (Holm's correction over all pairs of the question)."""

    first: str
    second: str
    question: str
    difference: Estimate
    p_prompts: float
    p_raters: float
    prompts: int
    raters: int

    @property
    def better(self) -> str | None:
        """The system that is better for other prompts and other raters alike, at 5 %."""
        if max(self.p_prompts, self.p_raters) > LEVEL:
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
        scores = list(_scores(design, (a for a in screening.kept if a.question == question)))
        for system in design.conditions:
            rows = [score for score in scores if score.system == system]
            if rows or system not in HIDDEN:
                means.append(Mean(system, question, _mean([row.value for row in rows], rows)))
        comparisons.extend(_compared(design, question, scores))
    return Results(design, screening, came, tuple(means), tuple(comparisons))


def _scores(design: Design, answers: Iterable[Answer]) -> Iterable[Score]:
    for answer in answers:
        first = design.by_id[answer.first]
        if design.mode == "ratings":
            yield Score(answer.rater, first.prompt, first.system, answer.value)
            continue
        second = design.by_id[answer.second]
        share = 50.0 * (1 + answer.value)
        yield Score(answer.rater, first.prompt, first.system, share, second.system)
        yield Score(answer.rater, first.prompt, second.system, 100.0 - share, first.system)


def _compared(design: Design, question: str, scores: Sequence[Score]) -> list[Comparison]:
    """Every pair of systems under test; hidden clips are not tested, which would only weaken the correction."""
    pairs = list(itertools.combinations(design.systems, 2))
    differences = [_differences(scores, *pair) for pair in pairs]
    values = [[row.value for row in rows] for rows in differences]
    by_prompt = holm([signed_rank(v, [r.prompt for r in rows]) for v, rows in zip(values, differences, strict=True)])
    by_rater = holm([signed_rank(v, [r.rater for r in rows]) for v, rows in zip(values, differences, strict=True)])
    return [
        Comparison(
            first,
            second,
            question,
            _mean(values[place], rows),
            by_prompt[place],
            by_rater[place],
            len({row.prompt for row in rows}),
            len({row.rater for row in rows}),
        )
        for place, ((first, second), rows) in enumerate(zip(pairs, differences, strict=True))
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


def _mean(values: Sequence[float], rows: Sequence[Score]) -> Estimate:
    return clustered_mean(values, [row.rater for row in rows], [row.prompt for row in rows])
