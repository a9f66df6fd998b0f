"""Figures over pairs of prompt and music: full marks for what was asked, chance for what another asked."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from songloom.metrics.adherence import FIGURES, Measured, follow, of_json, shuffled, soundness
from songloom.metrics.ear import quarter
from songloom.metrics.prompts import FACTS, Asked


def prompt(number: int, named: frozenset[str] = FACTS) -> Asked:
    return Asked(
        prompt=f"prompt {number}",
        style=f"style {number}",
        mood=f"mood {number}",
        tempo=60.0 * 1.1**number,
        key=("C major", "F# minor", "Eb major", "A minor")[number % 4],
        drums=bool(number % 2),
        families=("piano", "bass") if number % 2 else ("strings", "voice"),
        named_families=("piano",) if number % 2 else ("strings",),
        named=named,
    )


def perfect(one: Asked) -> Measured:
    return Measured(
        one.tempo,
        one.key,
        one.style,
        one.mood,
        quarter(one.mood),
        one.families,
        one.drums,
        -16.0,
        0,
        0.0,
        0.0,
        ((0.0,),),
    )


def test_music_that_is_all_that_was_asked_has_full_marks() -> None:
    prompts = [prompt(i) for i in range(6)]
    assert {f.value for f in follow(prompts, [perfect(p) for p in prompts]).values()} == {1.0}


def test_half_the_tempo_counts_only_with_octaves() -> None:
    one = prompt(1)
    rows = follow([one], [replace(perfect(one), tempo=one.tempo / 2)])
    assert rows["tempo, octaves allowed"].value == 1.0
    assert rows["tempo, exact"].value == 0.0


@pytest.mark.parametrize(("heard", "weight", "near"), [("G major", 0.5, 1), ("A minor", 0.3, 1), ("C minor", 0.2, 0)])
def test_neighbouring_keys_count_their_weight(heard: str, weight: float, near: float) -> None:
    one = replace(prompt(0), key="C major")
    rows = follow([one], [replace(perfect(one), key=heard)])
    assert rows["key, weighted"].value == pytest.approx(weight)
    assert (rows["key, near"].value, rows["key, exact"].value) == (near, 0.0)


def test_what_no_prompt_names_is_not_counted() -> None:
    one = prompt(0, frozenset())
    rows = follow([one], [perfect(one)])
    assert {name for name, row in rows.items() if row.count} == {"drums", "families F1"}
    assert rows.keys() == FIGURES.keys()


def test_music_without_pitches_misses_every_key() -> None:
    one = prompt(0)
    assert follow([one], [replace(perfect(one), key=None)])["key, weighted"].value == 0.0


def test_shuffling_moves_every_prompt_and_loses_none() -> None:
    for count in (2, 3, 7):
        prompts = [prompt(i) for i in range(count)]
        moved = shuffled(prompts)
        assert sorted(p.prompt for p in moved) == sorted(p.prompt for p in prompts)
        assert all(a != b for a, b in zip(prompts, moved, strict=True))


def test_soundness_counts_faults_and_the_distance_from_the_target() -> None:
    good = perfect(prompt(0))
    rows = soundness([good, replace(good, loudness=-20.0, clicks=3, silence=2.0, direct_current=0.01)], -16.0)
    assert rows["loudness, LU from the target"].value == 2.0
    assert all(row.value == 0.5 for name, row in rows.items() if "from the target" not in name)


def test_measurements_survive_json() -> None:
    one = perfect(prompt(1))
    assert of_json(json.loads(json.dumps(asdict(one)))) == one
