"""What of a request its model takes in another form or not whole: sounds of another rate, texts that are too long."""

from __future__ import annotations

from songloom.audio.clip import Audio
from songloom.conditioning.cut import cut
from songloom.systems.request import SOUNDS, Request
from songloom.systems.roles import Generator


def notes(request: Request, model: Generator) -> list[str]:
    """A line on each such thing."""
    return [*fitted_sounds(request, model.sample_rate, model.channels), *cut_texts(request, model)]


def fitted_sounds(request: Request, sample_rate: int, channels: int) -> list[str]:
    """A line for each sound that a request brings with another rate or other channels than its model has."""
    lines = []
    for name in SOUNDS:
        audio: Audio | None = getattr(request, name)
        if audio is None or (audio.sample_rate, audio.channels) == (sample_rate, channels):
            continue
        own = f"{audio.sample_rate} Hz, {_channels(audio.channels)}"
        lines.append(f"{name}: {own} is taken as {sample_rate} Hz, {_channels(channels)}, as the model has it")
    return lines


def cut_texts(request: Request, model: Generator) -> list[str]:
    """A line for each text of a request that is longer than what its model reads."""
    told = [(f"prompt at {start:g} s" if start else "prompt", words) for start, words in request.sections]
    told.append(("negative prompt", request.negative_prompt or ""))
    found = [(name, cut(model, words)) for name, words in told]
    return [
        f"{name}: of {one.tokens} tokens {model.config.kind} reads the first {one.read}"
        for name, one in found
        if one is not None
    ]


def _channels(count: int) -> str:
    return f"{count} channel{'s' if count > 1 else ''}"
