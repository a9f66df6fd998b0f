"""What a user asks of a generator: one frozen dataclass for every family of system."""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import dataclass

MAX_SECONDS = 600.0
_KEY = re.compile(r"^([A-Ga-g])([#b♯♭]?)[ _-]?(maj(?:or)?|min(?:or)?|m|M)?$")


@dataclass(frozen=True, kw_only=True)
class Request:
    """A piece of music to make. `None` leaves a field to the system's own default.

    `prompt` text; `negative_prompt` what to move away from; `seconds` the length; `seed` of the first
    candidate; `guidance` the classifier-free guidance scale (1 = off); `temperature`, `top_k`, `top_p`
    of sampling; `steps` of a diffusion sampler; `tempo` in beats per minute; `key` such as "A minor";
    `drums` asks for (True) or forbids (False) drums; `candidates` how many to make.
    """

    prompt: str = ""
    negative_prompt: str | None = None
    seconds: float = 10.0
    seed: int = 0
    guidance: float | None = None
    steps: int | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    tempo: float | None = None
    key: str | None = None
    drums: bool | None = None
    candidates: int = 1

    def __post_init__(self) -> None:
        _within("seconds", self.seconds, 0.1, MAX_SECONDS)
        _within("guidance", self.guidance, 0.0, 30.0)
        _within("temperature", self.temperature, 0.0, 10.0)
        _within("top_p", self.top_p, 0.0, 1.0)
        _within("tempo", self.tempo, 20.0, 300.0)
        _whole("seed", self.seed, 0, 2**63 - 1)
        _whole("steps", self.steps, 1, 1000)
        _whole("top_k", self.top_k, 1, 1_000_000)
        _whole("candidates", self.candidates, 1, 64)
        if not isinstance(self.prompt, str):
            raise ValueError(f"prompt must be text, not {type(self.prompt).__name__}")
        if self.key is not None:
            object.__setattr__(self, "key", normal_key(self.key))

    def check(self, uses: frozenset[str], system: str) -> None:
        """Raises ValueError when a field that `system` does not use was asked for."""
        asked = {f.name for f in dataclasses.fields(self) if getattr(self, f.name) != f.default}
        extra = sorted(asked - uses - {"prompt", "seconds", "seed", "candidates"})
        if extra:
            raise ValueError(f"{system} does not use {', '.join(extra)}; it uses: {', '.join(sorted(uses))}")


def normal_key(text: str) -> str:
    """A key in the house spelling: "Am", "a min" and "A minor" all give "A minor"; sharps or flats stay.

    Raises ValueError for anything that is not one of the major and minor keys.
    """
    match = _KEY.match(text.strip())
    if not match:
        raise ValueError(f"key {text!r} is not known; write it as 'A minor', 'Am', 'F# major' or 'Bb'")
    letter, accidental, mode = match.groups()
    minor = mode is not None and mode != "M" and (mode == "m" or mode.lower().startswith("min"))
    sign = {"♯": "#", "♭": "b"}.get(accidental, accidental)
    return f"{letter.upper()}{sign} {'minor' if minor else 'major'}"


def _within(name: str, value: float | None, low: float, high: float) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} must be a number from {low:g} to {high:g}, not {value!r}")
    if not low <= value <= high:
        raise ValueError(f"{name} must be from {low:g} to {high:g}, not {value:g}")


def _whole(name: str, value: int | None, low: int, high: int) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} must be a whole number from {low} to {high}, not {value!r}")
