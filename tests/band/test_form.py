"""Bars and sections: lengths near what was asked, sections that fill the piece, energies that follow form and mood."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songloom.band.form import PLANS, count_bars, plan_sections
from songloom.band.moods import LIGHT_OF_MODE, MOODS, mode_factor
from songloom.band.piece import METERS
from songloom.band.theory import MODES


@given(st.integers(40, 200), st.sampled_from(sorted(METERS)))
def test_thirty_seconds_become_whole_bars_between_28_and_34_seconds(tempo: int, meter: str) -> None:
    bars = count_bars(float(tempo), METERS[meter], 30.0)
    assert 28.0 <= bars * METERS[meter].beats * 60.0 / tempo <= 34.0


def test_very_short_pieces_have_one_bar_at_least() -> None:
    assert count_bars(40.0, METERS["4/4"], 2.0) == 1


def test_sixteen_bars_are_chosen_where_fifteen_would_be_exact() -> None:
    assert count_bars(120.0, METERS["4/4"], 30.0) == 16


@given(st.integers(1, 60), st.sampled_from([*PLANS, "blues"]), st.integers(0, 99), st.booleans())
def test_sections_follow_one_another_and_fill_the_piece(bars: int, form: str, seed: int, intro: bool) -> None:
    sections = plan_sections(bars, form, MOODS["happy"], random.Random(seed), intro=intro)
    start = 0
    for section in sections:
        assert section.start_bar == start
        assert section.bars >= 1
        assert 0.0 < section.energy <= 1.0
        start += section.bars
    assert start == bars


def test_an_intro_is_short_and_calmer_than_the_chorus() -> None:
    sections = plan_sections(18, "song", MOODS["calm"], random.Random(0), intro=True)
    assert sections[0].name == "intro"
    assert sections[0].bars <= 4
    assert sections[0].energy < max(section.energy for section in sections if section.name == "chorus")


def test_a_returning_section_is_fuller_than_its_first_time() -> None:
    sections = plan_sections(16, "ballad", MOODS["happy"], random.Random(3), intro=False)
    first, *_, last = [section for section in sections if section.name == "A"]
    assert last.energy > first.energy


def test_an_unknown_form_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="sonata"):
        plan_sections(8, "sonata", MOODS["happy"], random.Random(0), intro=False)


def test_bright_moods_favour_bright_modes_and_dark_moods_dark_ones() -> None:
    assert set(LIGHT_OF_MODE) == set(MODES)
    assert mode_factor(MOODS["happy"], "major") > 1.0 > mode_factor(MOODS["happy"], "phrygian")
    assert mode_factor(MOODS["dark"], "phrygian") > 1.0 > mode_factor(MOODS["dark"], "major")
