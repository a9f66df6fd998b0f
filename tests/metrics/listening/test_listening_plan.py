"""Plans: everything once, in an order of the rater's own that never changes, checks among it."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter

import pytest
from small_designs import design

from songloom.metrics.listening.design import ANCHOR, BEEPS, REFERENCE, Design, checked_systems
from songloom.metrics.listening.plan import plan, shared_out


def test_a_rater_hears_every_condition_of_every_prompt_once() -> None:
    test = design(("x", "y"), prompts=5)
    for rater in range(4):
        heard = Counter(trial.clips[0] for trial in plan(test, rater) if not trial.check)
        assert heard == Counter(f"{name}-p{p}" for name in ("x", "y", REFERENCE, ANCHOR) for p in range(5))


def test_a_plan_is_the_same_after_the_design_went_through_its_text() -> None:
    test = design()
    again = Design.from_text(test.to_text())
    assert again == test
    assert [plan(again, rater) for rater in range(5)] == [plan(test, rater) for rater in range(5)]


def test_the_order_stays_what_it_was_when_tests_were_begun_with_it() -> None:
    """Raters go on with a plan that is made anew at each start: another order would mix up their answers. The hash, not
    this code, decides the order, so it is followed here by hand."""

    def number(*key: object) -> bytes:
        return hashlib.sha256(repr(key).encode()).digest()[:8]

    test = design(prompts=3)
    first = sorted(sorted(["p0", "p1", "p2"], key=lambda p: number(7, p)), key=lambda p: number(7, 2, 0, p))
    turns = [trial.prompt for trial in plan(test, 2) if not trial.check][:3]
    assert turns == first


def test_raters_hear_different_orders() -> None:
    test = design(prompts=6)
    assert len({plan(test, rater) for rater in range(20)}) == 20


def test_no_prompt_comes_twice_in_a_row() -> None:
    for rater in range(30):
        prompts = [trial.prompt for trial in plan(design(prompts=3), rater) if not trial.check]
        assert all(one != next_one for one, next_one in itertools.pairwise(prompts))


def test_prompts_are_shared_out_evenly_where_one_rater_cannot_hear_all() -> None:
    test = design(("x", "y"), prompts=10, trials=16)
    shares = [shared_out(test, rater) for rater in range(5)]
    assert all(len(set(share)) == 4 for share in shares)
    assert set(Counter(prompt for share in shares for prompt in share).values()) == {2}
    assert all(sum(not t.check for t in plan(test, rater)) == 16 for rater in range(5))


@pytest.mark.parametrize("mode", ["ratings", "preference"])
def test_checks_come_in_every_stretch_but_never_first(mode: str) -> None:
    test = design(("x", "y", "z"), prompts=12, trials=60, mode="ratings" if mode == "ratings" else "preference")
    places = []
    for rater in range(30):
        trials = plan(test, rater)
        at = [place for place, trial in enumerate(trials) if trial.check]
        assert len(at) == (len(trials) - len(at)) // 12
        assert at[0] > 0
        longest = max(b - a for a, b in zip([0, *at], [*at, len(trials)], strict=True))
        assert longest <= 2 * 12 + 2
        places.append(tuple(at))
    assert len(set(places)) > 10


def test_a_check_looks_like_any_other_trial() -> None:
    for mode, count in (("ratings", 1), ("preference", 2)):
        test = design(mode="ratings" if mode == "ratings" else "preference")
        assert {len(trial.clips) for trial in plan(test, 0)} == {count}


def test_beeps_are_the_checks_of_ratings() -> None:
    test = design()
    checks = [trial for trial in plan(test, 3) if trial.check]
    assert len(checks) == 2
    assert all(test.by_id[trial.clips[0]].system == BEEPS for trial in checks)


def test_every_pair_of_systems_is_compared_on_both_sides_over_raters() -> None:
    test = design(("x", "y", "z"), prompts=2, mode="preference")
    sides: Counter[tuple[str, ...]] = Counter()
    for rater in range(40):
        trials = [trial for trial in plan(test, rater) if not trial.check]
        assert len({frozenset(trial.clips) for trial in trials}) == len(trials) == 2 * 6
        sides.update(tuple(test.by_id[clip].system for clip in trial.clips) for trial in trials)
    assert ANCHOR not in {name for pair in sides for name in pair}
    for first, second in [("x", "y"), ("y", "z"), ("x", REFERENCE)]:
        assert 20 < sides[first, second] < 60
        assert sides[first, second] + sides[second, first] == 80


def test_checks_of_choices_lay_the_anchor_beside_what_it_was_made_from() -> None:
    for reference, source in ((True, REFERENCE), (False, "x")):
        test = design(mode="preference", reference=reference)
        for trial in plan(test, 1):
            systems = {test.by_id[clip].system for clip in trial.clips}
            assert (systems == {source, ANCHOR}) == trial.check


def test_names_of_systems_differ_from_each_other_and_from_hidden_clips() -> None:
    with pytest.raises(ValueError, match="cannot be called anchor"):
        checked_systems(["x", "anchor"])
    with pytest.raises(ValueError, match="one name"):
        checked_systems(["x", "x"])
