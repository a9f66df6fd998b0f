"""From answers to results: what was put in comes out, and raters who did not listen do not count."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from small_designs import answers_of, design

from songloom.metrics.listening import report
from songloom.metrics.listening.design import ANCHOR, REFERENCE, Design
from songloom.metrics.listening.plan import Trial, plan
from songloom.metrics.listening.results import Results, compared, evaluate, scores_of
from songloom.metrics.listening.screening import INATTENTIVE, MISORDERED, UNCHECKED, screen
from songloom.metrics.listening.storage import Answer

LEVELS = {"x": 40, "y": 55, "z": 55, REFERENCE: 85, ANCHOR: 15}


def liked(test: Design, rater: int, trial: Trial, question: str) -> int:
    """A rating by system, with a bias of the rater's and the prompt's own; relevance 5 points higher."""
    system = test.by_id[trial.clips[0]].system
    wobble = (rater * 7 + int(trial.prompt[1:]) * 3) % 5 - 2
    return LEVELS.get(system, 50) + 2 * (rater % 3) - int(trial.prompt[1:]) + wobble + 5 * (question == "relevance")


def rated(test: Design, raters: int = 8) -> Results:
    return evaluate(test, answers_of(test, raters, lambda *given: liked(test, *given)), raters)


def test_means_are_those_of_the_ratings_and_differences_are_those_that_were_put_in() -> None:
    test = design(("x", "y", "z"), prompts=6)
    found = rated(test)
    means = {(m.system, m.question): m.estimate.value for m in found.means}
    assert [m.system for m in found.means if m.question == "quality"] == ["x", "y", "z", REFERENCE, ANCHOR]
    for system, level in LEVELS.items():
        assert means[system, "relevance"] - means[system, "quality"] == pytest.approx(5)
        assert means[system, "quality"] - means["x", "quality"] == pytest.approx(level - 40)
    pairs = {(c.first, c.second): c for c in found.comparisons if c.question == "quality"}
    assert set(pairs) == {("x", "y"), ("x", "z"), ("y", "z")}
    assert pairs["x", "y"].difference.value == pytest.approx(-15)
    assert (pairs["x", "y"].difference.low, pairs["x", "y"].difference.high) == pytest.approx((-15, -15))
    assert pairs["y", "z"].p_prompts == pairs["y", "z"].p_raters == 1
    assert pairs["y", "z"].better is None


def test_a_difference_counts_when_it_holds_for_other_prompts_and_other_raters() -> None:
    many = rated(design(("x", "y"), prompts=8), raters=8)
    assert {c.better for c in many.comparisons} == {"y"}
    assert many.comparisons[0].p_raters == pytest.approx(2 / 2**8)
    few = rated(design(("x", "y"), prompts=8), raters=4)
    assert {c.better for c in few.comparisons} == {None}
    assert few.comparisons[0].p_prompts < 0.05
    assert (many.too_few, few.too_few) == ((), ("raters",))


def test_systems_that_are_alike_are_rarely_told_apart_though_raters_and_prompts_have_their_leanings() -> None:
    random, raters, prompts, rounds = np.random.default_rng(3), 12, 16, 150
    test = design(("x", "y"), prompts=prompts)
    alarms = ranked = 0
    for _ in range(rounds):
        leaning = random.normal(0, 6, raters)[:, None] + random.normal(0, 6, prompts)
        differences = leaning + random.normal(0, 12, (raters, prompts))
        answers = [
            Answer(r, 0, "quality", f"{system}-p{p}", "", value, 1.0)
            for r in range(raters)
            for p in range(prompts)
            for system, value in (("x", 50 + round(differences[r, p])), ("y", 50))
        ]
        found = compared(test, "quality", list(scores_of(test, answers)))[0]
        alarms += found.better is not None
        ranked += max(found.p_prompts, found.p_raters) <= 0.05
    assert alarms / rounds <= 0.08
    assert ranked > alarms


def test_raters_who_do_not_count_beeps_are_left_out_and_counted() -> None:
    test = design(prompts=6)
    careless = {1, 4}
    answers = answers_of(
        test,
        6,
        lambda rater, trial, question: 97 if rater in careless else liked(test, rater, trial, question),
        attentive=lambda rater: rater not in careless,
    )
    found = screen(test, answers)
    assert found.excluded == {UNCHECKED: (), INATTENTIVE: (1, 4), MISORDERED: ()}
    assert (found.raters, found.finished, found.counted) == (6, 6, 4)
    assert {answer.rater for answer in found.kept} == {0, 2, 3, 5}
    assert not any(plan(test, answer.rater)[answer.position].check for answer in found.kept)


def without(answers: Sequence[Answer], test: Design, *, after: int) -> list[Answer]:
    return [answer for answer in answers if answer.position < after]


def test_a_rater_who_left_before_any_check_cannot_be_judged_and_does_not_count() -> None:
    test = design(prompts=6)
    answers = answers_of(test, 1, lambda *given: liked(test, *given))
    first = next(place for place, trial in enumerate(plan(test, 0)) if trial.check)
    assert screen(test, without(answers, test, after=first)).excluded[UNCHECKED] == (0,)
    left = screen(test, without(answers, test, after=first + 1))
    assert (left.counted, left.finished) == (1, 0)


def test_one_failed_check_of_four_is_forgiven_and_two_are_not() -> None:
    test = design(prompts=12, trials=48)
    checks = [place for place, trial in enumerate(plan(test, 0)) if trial.check]
    assert len(checks) == 4
    answers = answers_of(test, 1, lambda *given: liked(test, *given))
    for wrong, excluded in ((1, ()), (2, (0,))):
        failing = [
            Answer(a.rater, a.position, a.question, a.first, a.second, 99, a.heard)
            if a.position in checks[:wrong]
            else a
            for a in answers
        ]
        assert screen(test, failing).excluded[INATTENTIVE] == excluded


@pytest.mark.parametrize(("wrong", "excluded"), [(1, ()), (2, (0,))])
def test_the_anchor_above_the_reference_on_more_than_15_percent_of_prompts_leaves_a_rater_out(
    wrong: int, excluded: tuple[int, ...]
) -> None:
    test = design(prompts=10)

    def confused(rater: int, trial: Trial, question: str) -> int:
        mixed = trial.prompt in {f"p{number}" for number in range(wrong)} and trial.clips[0].startswith(ANCHOR)
        return 99 if mixed else liked(test, rater, trial, question)

    assert screen(test, answers_of(test, 1, confused)).excluded[MISORDERED] == excluded


def preferred(test: Design, order: Sequence[str]) -> list[Answer]:
    """Choices of eight raters who agree on an order of systems, best first; relevance is all the same to them."""

    def choice(rater: int, trial: Trial, question: str) -> int:
        first, second = (order.index(test.by_id[clip].system) for clip in trial.clips)
        return 0 if question == "relevance" else 1 if first < second else -1

    return answers_of(test, 8, choice)


def test_choices_become_shares_and_differences() -> None:
    test = design(("x", "y", "z"), prompts=8, mode="preference", trials=100)
    found = evaluate(test, preferred(test, [REFERENCE, "y", "x", "z"]), 8)
    shares = {m.system: m.estimate.value for m in found.means if m.question == "quality"}
    assert shares == pytest.approx({"x": 100 / 3, "y": 200 / 3, "z": 0, REFERENCE: 100})
    assert {m.estimate.value for m in found.means if m.question == "relevance"} == {50}
    better = {(c.first, c.second): c.better for c in found.comparisons if c.question == "quality"}
    assert better == {("x", "y"): "y", ("x", "z"): "x", ("y", "z"): "y"}
    assert {c.better for c in found.comparisons if c.question == "relevance"} == {None}
    assert {c.difference.value for c in found.comparisons if c.question == "quality"} == {-100, 100}


def test_a_rater_who_prefers_spoilt_clips_does_not_count() -> None:
    test = design(mode="preference")
    answers = answers_of(test, 3, lambda *_: 0, attentive=lambda rater: rater != 2)
    assert screen(test, answers).excluded[INATTENTIVE] == (2,)


def test_the_report_says_the_same_in_every_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = design(("<b>", "y"), prompts=8)
    monkeypatch.setitem(LEVELS, "<b>", 40)
    paths = report.write(rated(test), tmp_path)
    assert [path.name for path in paths] == ["report.json", "report.md", "report.html", "report.png"]
    data = json.loads(paths[0].read_text(encoding="utf-8"))
    text, page = (path.read_text(encoding="utf-8") for path in paths[1:3])
    assert data["raters"] == {
        "came": 8,
        "answered": 8,
        "finished": 8,
        "counted": 8,
        "excluded": dict.fromkeys(data["raters"]["excluded"], 0),
    }
    assert {row["question"] for row in data["means"]} == {"OVL", "REL"}
    for row in data["means"]:
        assert f"{row['value']:.1f} [" in text and f"{row['value']:.1f} [" in page
    assert data["loudness"] == {"target": -23.0, "clips": 35, "quieter": 0, "silent": 0}
    assert "-23.0 LUFS by gain alone" in text and "-23.0 LUFS by gain alone" in page
    assert {row["better"] for row in data["comparisons"]} == {"y"}
    assert "<b>" not in page.replace("<body>", "") and "&lt;b&gt;" in page
    assert not re.search(r"(src|href)=\"(?!#)", page)
    assert paths[3].read_bytes().startswith(b"\x89PNG")


def test_a_report_of_no_answers_says_so_without_a_figure() -> None:
    found = evaluate(design(), [], 0)
    assert "0 raters answered" in report.as_markdown(found)
    assert all(row["value"] is None for row in report.as_json(found)["means"])
    json.dumps(report.as_json(found), allow_nan=False)
    report.picture(found)
