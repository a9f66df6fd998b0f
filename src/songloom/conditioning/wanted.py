"""What a request wants in numbers: its own, else what its words name, else what suits them; and how that goes on."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from songloom.band.moods import MOODS
from songloom.conditioning import prompt_parser
from songloom.conditioning.musical import Musical, key_number
from songloom.conditioning.style_tempo import draw_tempo

DECISIVE = 0.8
"""How light or dark a mood is that decides between major and minor."""


def wanted(
    prompt: str,
    seed: int,
    *,
    tempo: float | None = None,
    key: str | None = None,
    drums: bool | None = None,
    style: str | None = None,
    mood: str | None = None,
) -> Musical:
    """`tempo` in beats per minute, `key` such as "A minor". Where neither they nor the prompt say it, the tempo is
    drawn from those of the prompt's `style` (found where it is not known) and `mood`, and the meter is 4/4; of a key
    the prompt may give the mode alone, or its mood: who asks for sad music does not ask for C major."""
    named = prompt_parser.parse(prompt)
    minor = prompt_parser.is_minor_key(prompt)
    if minor is None and mood in MOODS and abs(MOODS[mood].light) >= DECISIVE:
        minor = MOODS[mood].light < 0
    number = key_number(key) if key else named.key
    if number is None and minor is not None:
        number = random.Random(seed).randrange(12) + 12 * minor
    return Musical(
        tempo=tempo or named.tempo or draw_tempo(prompt, seed, style, mood),
        key=number,
        drums=named.drums if drums is None else drums,
        meter=named.meter or "4/4",
    )


def going_on(
    sections: Sequence[tuple[float, str]],
    first: Musical,
    *,
    tempo: float | None = None,
    key: str | None = None,
    drums: bool | None = None,
) -> list[Musical]:
    """What each of the `sections` (seconds, words) of a piece wants, `first` being the first one's; `tempo`, `key` and
    `drums` hold throughout where they are given.

    A later section that names no tempo, key or meter keeps what was; drums are as it names them. The beats are counted
    on: where the tempo changes, the metronome neither halts nor jumps.
    """
    found = [first]
    for start, words in sections[1:]:
        before, named = found[-1], prompt_parser.parse(words)
        pace = tempo or named.tempo or before.tempo
        later = replace(
            before,
            tempo=pace,
            key=before.key if key or named.key is None else named.key,
            drums=named.drums if drums is None else drums,
            meter=named.meter or before.meter,
        )
        if pace and before.tempo:
            later = replace(later, first_downbeat=start - (start - before.first_downbeat) * before.tempo / pace)
        found.append(later)
    return found
