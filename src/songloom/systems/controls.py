"""The controls of a request: curves as they are drawn, recordings by what they do; and levels that are then met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor

from songloom.audio.clip import Audio
from songloom.conditioning.curves import NAMES, Curve, Name
from songloom.conditioning.fader import faded, faded_circle
from songloom.systems.request import Request

CONTROLS = frozenset(NAMES)
NOTHING: Mapping[Name, str] = {"melody": "no tune", "rhythm": "no beat"}
"""What a recording lacks whose curve is 0 all the time."""


def curves_of(request: Request) -> dict[Name, Curve]:
    """The curves that a request asks for, by control."""
    found = {name: curve_of(request, name) for name in NAMES}
    return {name: curve for name, curve in found.items() if curve is not None}


def curve_of(request: Request, name: Name) -> Curve | None:
    """The curve that a request asks for; of a recording that goes on after the piece only what lies in it. Raises
    ValueError for one in which no tune or no beat is heard."""
    asked: Audio | Curve | None = getattr(request, name)
    if not isinstance(asked, Audio):
        return asked
    heard = asked.wave[:, : round(request.seconds * asked.sample_rate)]
    found = Curve.of_audio(name, Audio(heard, asked.sample_rate))
    if name in NOTHING and not bool(found.values.any()):
        raise ValueError(f"{name}: {NOTHING[name]} is heard in the recording that is to be followed")
    return found


def at_levels(wave: Tensor, sample_rate: int, request: Request) -> Tensor:
    """The wave [1, C, T] of a piece at the levels that a request asks for, by the fader. Where audio is to stay as it
    is, the fader rests."""
    asked = None if request.continuation is not None or request.inpaint else curve_of(request, "dynamics")
    if asked is None:
        return wave
    return (faded_circle if request.loop else faded)(wave[0], sample_rate, asked)[None]


def without_controls(request: Request) -> Request:
    """The same request without its curves."""
    nothing: Mapping[str, Any] = dict.fromkeys(CONTROLS)
    return replace(request, **nothing)
