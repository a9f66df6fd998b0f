"""What a request wants in numbers: its own, else what its prompt names, else what suits the prompt."""

from __future__ import annotations

import random

from songloom.conditioning import prompt_parser
from songloom.conditioning.musical import Musical, key_number
from songloom.conditioning.style_tempo import draw_tempo


def wanted(
    prompt: str,
    seed: int,
    *,
    tempo: float | None = None,
    key: str | None = None,
    drums: bool | None = None,
    style: str | None = None,
) -> Musical:
    """`tempo` in beats per minute, `key` such as "A minor". Where neither they nor the prompt say it, the tempo is
    drawn from those of the prompt's `style` (found where it is not known) and the meter is 4/4; of a key the prompt
    may give the mode alone."""
    named = prompt_parser.parse(prompt)
    minor = prompt_parser.is_minor_key(prompt)
    number = key_number(key) if key else named.key
    if number is None and minor is not None:
        number = random.Random(seed).randrange(12) + 12 * minor
    return Musical(
        tempo=tempo or named.tempo or draw_tempo(prompt, seed, style),
        key=number,
        drums=named.drums if drums is None else drums,
        meter=named.meter or "4/4",
    )
