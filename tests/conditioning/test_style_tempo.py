from __future__ import annotations

from songloom.band.styles.table import STYLES
from songloom.conditioning.style_tempo import RANGES, draw_tempo, style_of


def test_the_table_is_the_bands() -> None:
    assert {name: style.tempo for name, style in STYLES.items()} == RANGES


def test_named_styles_are_found_and_the_longest_wins() -> None:
    assert style_of("a drum and bass roller") == "drum and bass"
    assert style_of("Lo-fi hip hop to study") == "lo-fi hip hop"


def test_words_that_name_no_style_find_a_near_one() -> None:
    assert style_of("hymn in a cathedral") == "church organ"
    assert RANGES[style_of("four on the floor for a rave")][0] >= 110


def test_tempi_repeat_under_a_seed_and_stay_in_range() -> None:
    drawn = {draw_tempo("deep house", seed) for seed in range(40)}
    assert draw_tempo("deep house", 3) == draw_tempo("deep house", 3)
    assert len(drawn) > 3
    assert min(drawn) >= 118 and max(drawn) <= 128


def test_slow_and_fast_pull_the_tempo() -> None:
    slow, fast = ([draw_tempo(f"{word} jazz trio", seed) for seed in range(20)] for word in ("slow", "fast"))
    assert max(slow) <= 84
    assert min(fast) >= 122


def test_a_mood_has_its_pace_within_the_style_unless_words_say_otherwise() -> None:
    sad, energetic = ([draw_tempo("jazz trio", seed, mood=mood) for seed in range(40)] for mood in ("sad", "energetic"))
    assert min(sad) >= 66 and max(energetic) <= 220
    assert max(sad) < 130 and min(energetic) > 150
    assert min(draw_tempo("fast jazz trio", seed, mood="sad") for seed in range(20)) >= 122
    assert draw_tempo("jazz trio", 3, mood="no such mood") == draw_tempo("jazz trio", 3)


def test_an_empty_prompt_has_a_tempo_too() -> None:
    assert 70 <= draw_tempo("", 0) <= 130
