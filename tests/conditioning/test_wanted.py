from __future__ import annotations

from songloom.conditioning.musical import Musical, key_number
from songloom.conditioning.wanted import going_on, wanted


def test_numbers_win_over_the_prompt_and_the_prompt_over_what_is_drawn() -> None:
    prompt = "drum and bass in A minor, 170 bpm, 3/4"
    named = wanted(prompt, 0)
    assert (named.tempo, named.key, named.drums, named.meter) == (170.0, key_number("A minor"), True, "3/4")
    forced = wanted(prompt, 0, tempo=90.0, key="C major", drums=False)
    assert (forced.tempo, forced.key, forced.drums) == (90.0, 0, False)
    drawn = wanted("minor-key drum and bass", 5)
    assert drawn.tempo is not None and 168 <= drawn.tempo <= 178
    assert drawn.key is not None and drawn.key >= 12
    assert drawn == wanted("minor-key drum and bass", 5)


def test_a_mood_chooses_between_major_and_minor_where_nobody_named_a_key() -> None:
    keys = {mood: {wanted("techno", seed, mood=mood).key for seed in range(30)} for mood in ("sad", "happy")}
    assert len(keys["sad"]) > 6 and all(key is not None and key >= 12 for key in keys["sad"])
    assert len(keys["happy"]) > 6 and all(key is not None and key < 12 for key in keys["happy"])
    assert wanted("techno", 0, mood="nostalgic").key is None  # it is neither light nor dark
    assert wanted("techno in C major", 0, mood="sad").key == 0
    minor = wanted("minor-key techno", 0, mood="happy").key
    assert minor is not None and minor >= 12


def test_later_sections_keep_what_they_do_not_name_but_the_drums() -> None:
    first = Musical(tempo=90.0, key=3, drums=True, meter="3/4")
    found = going_on([(0, "piano"), (5, "drums enter"), (9, "in A minor"), (12, "calm, no drums")], first)
    assert found[0] == first
    assert [one.tempo for one in found] == [90.0] * 4 and [one.meter for one in found] == ["3/4"] * 4
    assert [one.key for one in found] == [3, 3, 21, 21]
    assert [one.drums for one in found] == [True, True, None, False]


def test_numbers_that_are_given_hold_throughout_a_story() -> None:
    first = Musical(tempo=90.0, key=3, drums=False)
    found = going_on([(0, ""), (5, "drums, 140 bpm, in A minor")], first, tempo=90.0, key="Eb major", drums=False)
    assert found == [first, first]


def test_where_the_tempo_changes_the_beats_are_counted_on() -> None:
    for start in (7.3, 12.0):
        before, after = going_on([(0, ""), (start, "150 bpm")], Musical(tempo=100.0, first_downbeat=0.4))
        assert after.tempo == 150.0
        counted = [(start - one.first_downbeat) * one.tempo / 60 for one in (before, after) if one.tempo]
        assert abs(counted[0] - counted[1]) < 1e-9
