"""What a user wishes at the command line, as a request: options, files of sound, regions."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, Token

from songloom.systems.request import DEFAULT_SECONDS, SOUNDS, Request

if TYPE_CHECKING:
    from songloom.audio.clip import Audio
    from songloom.conditioning.curves import Curve, Name

CONTROLS: tuple[Name, ...] = ("melody", "dynamics", "rhythm")
"""Fields of a request that are sounds or curves: files, or words, at the command line."""
LENGTH = ("prompt", "story", "seconds", "bars", "tempo")
"""Fields that tell how long a piece is."""
NAMES = {"bpm": "tempo", "negative": "negative_prompt", "at": "story"}
"""Fields of a request whose options have shorter names."""


def _whole(_: type, tokens: Sequence[Token]) -> int:
    """A whole number as it is written; 1.5 is none, and is not rounded to one."""
    text = tokens[0].value
    if not re.fullmatch(r"[+-]?\d{1,30}", text):
        raise ValueError(f"{text} is no whole number")
    return int(text)


Whole = Annotated[int, Parameter(converter=_whole)]


@Parameter(name="*")
@dataclasses.dataclass(frozen=True, kw_only=True)
class Wish:
    """The musical part of the options; what is not given is the model's own choice."""

    at: Annotated[tuple[tuple[float, str], ...], Parameter(negative="", show_default=False)] = ()
    """Story mode: a second and what is to be heard from then on, as in --at 0 'calm piano' --at 15 'drums enter'; a
    prompt holds throughout."""
    seconds: float = DEFAULT_SECONDS
    "Length of the music in seconds, 0.1 to 3600."
    bars: Whole | None = None
    "Length of the music in bars of its tempo, 1 to 2000, instead of --seconds."
    loop: Annotated[bool, Parameter(negative="")] = False
    "Make the end lead back to the beginning, so that the file can play in circles."
    seed: Whole = 0
    "The same seed, request and machine give the same samples."
    bpm: float | None = None
    "Tempo in beats per minute, 20 to 300; overrides the prompt."
    key: str | None = None
    "Key, as in Am, 'F# major' or 'Bb minor'; overrides the prompt."
    drums: bool | None = None
    "Ask for drums, or forbid them with --no-drums."
    negative: str | None = None
    "What the music should move away from."
    guidance: float | None = None
    "How strongly the prompt pulls, 0 to 30; 1 is not at all, 3 is usual."
    temperature: float | None = None
    "Boldness of sampling, 0 to 10; 1 is usual, 0 always takes the likeliest."
    top_k: Whole | None = None
    "Sample among the k likeliest tokens, 1 or more."
    top_p: float | None = None
    "Sample among the likeliest tokens that hold this probability, 0 to 1."
    melody: str | None = None
    """A tune to follow: a sound file, a .json or .csv curve, or chords as in 'Am F C G 120 bpm' (a bar each;
    without bpm at the tempo of the piece)."""
    dynamics: str | None = None
    "Levels to follow: a sound file, a .json or .csv curve, or dB at seconds as in '0:-40 8:-12'."
    rhythm: str | None = None
    "Beats to follow: a sound file, a .json or .csv curve, or a tempo as in '120 bpm' or '90 bpm 3/4'."
    continuation: Annotated[Path | None, Parameter(name="--continue")] = None
    "A sound file that the music begins with and goes on from; --seconds counts it too."
    init: Path | None = None
    "A sound file to start from, where the model works by diffusion."
    init_strength: float | None = None
    "How much of --init changes: 0 is nothing, 1 is all."
    inpaint: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = ()
    "A region of --init to make anew, as 2.5-4 in seconds, the rest stays; may be given many times."
    steps: Whole | None = None
    "Passes of a diffusion model, 1 to 1000: more are finer and slower."

    def given(self) -> dict[str, Any]:
        """The options that were given, by the names of a request's fields, files as paths and curves as words. Raises
        ValueError for a region that is none."""
        found = {f.name: v for f in dataclasses.fields(self) if (v := getattr(self, f.name)) != f.default}
        found = {NAMES.get(name, name): value for name, value in found.items()}
        return found | ({"inpaint": tuple(region(text) for text in self.inpaint)} if self.inpaint else {})

    def request(self, prompt: str, candidates: int) -> Request:
        """The request of these options. Raises ValueError for a value out of range."""
        return Request(**loaded({"prompt": prompt, "candidates": candidates} | self.given()))


NO_WISH = Wish()
"""When no option is given."""


def asked(request: Request) -> dict[str, Any]:
    """The fields of a request that were asked for."""
    return {f.name: v for f in dataclasses.fields(request) if (v := getattr(request, f.name)) != f.default}


def loaded(fields: dict[str, Any]) -> dict[str, Any]:
    """A request's fields with the sounds that are given as files read, and curves made as long as the piece. Raises
    ValueError for what is no sound file and no curve."""
    from songloom.audio.clip import Audio

    sounds = {name: Path(value) for name, value in fields.items() if name in SOUNDS and isinstance(value, str | Path)}
    missing = [str(path) for path in sounds.values() if not path.exists()]
    if missing:
        raise ValueError(f"there is no file {', '.join(missing)}")
    told = {name: value for name in CONTROLS if isinstance(value := fields.get(name), str)}
    curves: dict[str, Any] = {}
    if told:
        piece = Request(**{name: value for name, value in fields.items() if name in LENGTH})
        curves = {name: control(name, value, piece.seconds, piece.named_tempo) for name, value in told.items()}
    return fields | {name: Audio.load(path) for name, path in sounds.items()} | curves


def control(name: Name, text: str, seconds: float, tempo: float | None = None) -> Audio | Curve:
    """A control of a piece of `seconds` at a `tempo`: the sound of a file, or the curve that a file or a few words
    tell. Raises ValueError for what is neither."""
    from songloom.audio.clip import Audio
    from songloom.conditioning.curve_texts import TABLES, read_curve

    path = Path(text)
    if path.suffix.lower() in TABLES or not (path.suffix[1:2].isalpha() or path.exists()):
        return read_curve(name, text, seconds, tempo)
    if not path.exists():
        raise ValueError(f"there is no file {text}")
    return Audio.load(path)


def region(text: str) -> tuple[float, float]:
    """ "2.5-4" as two numbers. Raises ValueError for anything else."""
    begin, _, end = text.partition("-")
    try:
        return float(begin), float(end)
    except ValueError:
        raise ValueError(f"--inpaint takes FROM-TO in seconds, as 2.5-4, not {text!r}") from None


def shown(request: Request) -> dict[str, Any]:
    """The fields that were asked for, as JSON has them."""
    from songloom.inference.song import told

    return {name: told(value) for name, value in asked(request).items()}
