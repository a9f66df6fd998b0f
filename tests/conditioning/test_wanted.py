from __future__ import annotations

from songloom.conditioning.musical import key_number
from songloom.conditioning.wanted import wanted


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
