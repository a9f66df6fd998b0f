"""The controls of a request as curves: drawn ones as they are, recordings by what they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from songloom.audio.clip import Audio
from songloom.conditioning.curves import NAMES, Curve, Name
from songloom.systems.request import Request

CONTROLS = frozenset(NAMES)


def curves_of(request: Request) -> dict[Name, Curve]:
    """The curves that a request asks for, by control; a recording that goes on after the piece is cut there."""
    found: dict[Name, Curve] = {}
    for name in NAMES:
        asked = getattr(request, name)
        if isinstance(asked, Audio):
            heard = asked.wave[:, : round(request.seconds * asked.sample_rate)]
            found[name] = Curve.of_audio(name, Audio(heard, asked.sample_rate))
        elif asked is not None:
            found[name] = asked
    return found


def without_controls(request: Request) -> Request:
    """The same request without its curves."""
    nothing: Mapping[str, Any] = dict.fromkeys(CONTROLS)
    return replace(request, **nothing)
