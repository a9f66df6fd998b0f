"""What each section of a request wants in numbers: tempo, key, drums and meter."""

from __future__ import annotations

from dataclasses import replace

from songloom.conditioning import prompt_parser
from songloom.conditioning.musical import Musical, key_number
from songloom.conditioning.wanted import going_on, wanted
from songloom.systems.request import Request


def named(request: Request) -> list[Musical]:
    """What fields or words name, and nothing else."""
    first = prompt_parser.parse(request.sections[0].prompt)
    first = replace(
        first,
        tempo=request.tempo or first.tempo,
        key=key_number(request.key) if request.key else first.key,
        drums=first.drums if request.drums is None else request.drums,
    )
    return going_on(request.sections, first, tempo=request.tempo, key=request.key, drums=request.drums)


def wants(request: Request, seed: int, style: str | None = None, mood: str | None = None) -> list[Musical]:
    """The same with a tempo and a meter in any case, drawn by the seed to suit the words, whose `style` and `mood` may
    be known. A loop has whole bars: a tempo that nobody named is fitted to it. Audio that is given has its own mode and
    pace: no mood decides them there."""
    words, tempo = request.sections[0].prompt, request.tempo
    if request.from_audio:
        mood = None
    first = wanted(words, seed, tempo=tempo, key=request.key, drums=request.drums, style=style, mood=mood)
    if request.loop and request.named_tempo is None and first.tempo:
        bar = 60 * request.beats_per_bar
        tempo = max(1, round(request.seconds * first.tempo / bar)) * bar / request.seconds
        first = replace(first, tempo=tempo)
    return going_on(request.sections, first, tempo=tempo, key=request.key, drums=request.drums)
