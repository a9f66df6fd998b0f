"""Which embedded generator makes a piece where nobody names one."""

from __future__ import annotations

from collections.abc import Sequence

from songloom.conditioning.curves import NAMES
from songloom.systems import loras
from songloom.systems.request import Request

DEFAULT_MODEL = "flow"
"""The one that measures best (docs/embedded-model.md)."""
SECOND_MODEL = "loom"
"""The one that makes what the first cannot."""
FIELDS_OF_SECOND = ("negative_prompt", "guidance", "temperature", "top_k", "top_p")
"""What the first has no use for: it is straightened, with its guidance inside, and draws no tokens."""
FIELDS_OF_FIRST = ("steps", "init", "continuation", *NAMES)
"""What the second has no use for."""
WINDOW_SECONDS = 36.0
"""What the first makes at once; beyond it the second goes on from its own sound, without a seam."""


def model_for(requests: Sequence[Request], lora: Sequence[loras.Strength | str] = ()) -> str:
    """The model that LoRAs belong to; without any the best embedded generator for all of some requests. Where none
    takes all that is asked, the first refuses."""
    if lora:
        first = lora[0]
        return loras.read((first if isinstance(first, loras.Strength) else loras.Strength.of(first)).path).base.name
    return SECOND_MODEL if any(map(_for_second, requests)) and not any(map(_for_first, requests)) else DEFAULT_MODEL


def _for_first(request: Request) -> bool:
    return any(getattr(request, name) is not None for name in FIELDS_OF_FIRST)


def _for_second(request: Request) -> bool:
    return request.seconds > WINDOW_SECONDS or any(getattr(request, name) is not None for name in FIELDS_OF_SECOND)
