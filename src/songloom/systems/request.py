"""What a user asks of a generator: one frozen dataclass for every family of system."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from songloom.audio.clip import Audio
from songloom.audio.defects import is_silent
from songloom.conditioning import prompt_parser
from songloom.conditioning.curves import NAMES, RATE, Curve
from songloom.conditioning.musical import METERS
from songloom.conditioning.notes import normal_key
from songloom.systems.sections import Section, checked_story, checked_text, sections_of

DEFAULT_SECONDS = 10.0
MAX_SECONDS = 3600.0
LONGEST_LEAD = 4.0
ALWAYS = frozenset({"prompt", "seconds", "seed", "candidates", "bars"})
"""Fields that every generator uses."""
SOUNDS = ("continuation", "init")
"""Fields that are sounds and become a part of the piece."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A piece of music to make. `None` leaves a field to the system's own default.

    `prompt` text; `negative_prompt` what to move away from; `seconds` the length; `seed` of the first
    candidate; `guidance` the classifier-free guidance scale (1 = off); `temperature`, `top_k`, `top_p`
    of sampling; `steps` of a diffusion sampler; `tempo` in beats per minute; `key` such as "A minor";
    `drums` asks for (True) or forbids (False) drums; `candidates` how many to make.

    Time: a `story` is what is to be heard from which second on, as in [(0, "calm piano"), (15, "drums enter")], while
    the prompt holds throughout; `bars` makes the piece as long as so many bars of its tempo, which a field or the
    words must name; of a `loop` the end leads back to the beginning.

    Audio inputs, at any rate: `continuation` is how the result begins; `init` what it starts from, changed by
    `init_strength` (0: not at all, 1: nothing of it is left); with `inpaint`, only these regions of `init` are made
    anew, each from one second to another; `melody` is a tune to follow.

    Controls: `melody`, `dynamics` and `rhythm` are each a recording whose own is followed, or a `Curve` as long as the
    piece, which may ask for something in a part of the time only.
    """

    prompt: str = ""
    negative_prompt: str | None = None
    story: tuple[tuple[float, str], ...] = ()
    seconds: float = DEFAULT_SECONDS
    bars: int | None = None
    loop: bool = False
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
    init: Audio | None = None
    init_strength: float | None = None
    inpaint: tuple[tuple[float, float], ...] = ()
    continuation: Audio | None = None
    melody: Audio | Curve | None = None
    dynamics: Audio | Curve | None = None
    rhythm: Audio | Curve | None = None

    def __post_init__(self) -> None:
        checked_text("prompt", self.prompt)
        if self.negative_prompt is not None:
            checked_text("negative_prompt", self.negative_prompt)
        _within("tempo", self.tempo, 20.0, 300.0)
        object.__setattr__(self, "story", checked_story(self.story, self.prompt))
        if self.bars is not None:
            object.__setattr__(self, "seconds", self._seconds_of_bars())
        _within("seconds", self.seconds, 0.1, MAX_SECONDS)
        _within("guidance", self.guidance, 0.0, 30.0)
        if self.negative_prompt and self.guidance == 1:
            raise ValueError("negative_prompt is heard by guidance, and guidance 1 is off; give another")
        _within("temperature", self.temperature, 0.0, 10.0)
        _within("top_p", self.top_p, 0.0, 1.0)
        _whole("seed", self.seed, 0, 2**63 - 1)
        _whole("steps", self.steps, 1, 1000)
        _whole("top_k", self.top_k, 1, 1_000_000)
        _whole("candidates", self.candidates, 1, 64)
        _within("init_strength", self.init_strength, 0.0, 1.0)
        _audio("init", self.init)
        _audio("continuation", self.continuation)
        for name in NAMES:
            _control(name, getattr(self, name), self.seconds)
        object.__setattr__(self, "inpaint", _regions(self.inpaint, self.seconds))
        if self.init is None and (self.inpaint or self.init_strength is not None):
            raise ValueError(f"{'inpaint' if self.inpaint else 'init_strength'} needs init: the audio to change")
        if self.init is not None and self.inpaint and self.inpaint[-1][0] >= self.init.seconds:
            begin, end = self.inpaint[-1]
            raise ValueError(
                f"a region of inpaint goes from {begin:g} to {end:g} s; init is {self.init.seconds:g} s long"
            )
        if self.continuation is not None and self.continuation.seconds >= self.seconds:
            length = f"{self.continuation.seconds:g}"
            raise ValueError(f"continuation is {length} s long; seconds, which counts it too, is {self.seconds:g}")
        if self.loop and self.from_audio:
            raise ValueError("a loop begins with its own end, so with no continuation and no init")
        if self.story and self.story[-1][0] >= self.seconds:
            start = f"{self.story[-1][0]:g}"
            raise ValueError(f"a section of the story begins at {start} s; the piece ends at {self.seconds:g} s")
        if self.key is not None:
            object.__setattr__(self, "key", normal_key(self.key))

    def check(self, uses: frozenset[str], system: str) -> None:
        """Raises ValueError when a field that `system` does not use was asked for. Any system takes bars whose tempo
        stands in the words; one that uses "bars" says a tempo that is a number in words."""
        asked = {f.name for f in dataclasses.fields(self) if getattr(self, f.name) != f.default}
        extra = sorted(asked - uses - ALWAYS - ({"tempo"} if self.bars and "bars" in uses else set()))
        if extra:
            raise ValueError(
                f"{system} does not use {', '.join(extra)}; it uses: {_listed(uses)}{_others(extra, system)}"
            )

    @property
    def from_audio(self) -> bool:
        """Whether some of it, or what it starts from, is a recording with a sound and pace of its own."""
        return self.init is not None or self.continuation is not None

    @property
    def sections(self) -> tuple[Section, ...]:
        """What is to be heard from when on; the first section begins at 0."""
        return sections_of(self.prompt, self.story)

    @property
    def named_tempo(self) -> float | None:
        """Beats per minute that the field or the beginning's words name."""
        return self.tempo or prompt_parser.parse(self.sections[0].prompt).tempo

    @property
    def beats_per_bar(self) -> int:
        """Of the meter that the beginning's words name; 4 where they name none."""
        return METERS[prompt_parser.parse(self.sections[0].prompt).meter or "4/4"]

    @property
    def lead_seconds(self) -> float:
        """Of a loop, how much music before second 0 is made too: a bar, or half of a slow one, 2 s where no tempo is
        known. Its end is what the loop's end passes into. 0 for what is no loop."""
        if not self.loop:
            return 0.0
        bar = self.beats_per_bar * 60 / self.named_tempo if self.named_tempo else LONGEST_LEAD / 2
        return bar if bar <= LONGEST_LEAD else bar / 2 ** math.ceil(math.log2(bar / LONGEST_LEAD))

    def _seconds_of_bars(self) -> float:
        _whole("bars", self.bars, 1, 2000)
        tempo = self.named_tempo
        if tempo is None or self.bars is None:
            raise ValueError("bars are as long as the tempo makes them: give a tempo, as in 120 bpm")
        seconds = self.bars * self.beats_per_bar * 60 / tempo
        if self.seconds not in (DEFAULT_SECONDS, seconds):
            raise ValueError(
                f"{self.bars} bars at {tempo:g} bpm last {seconds:g} s, not {self.seconds:g}: give one of both"
            )
        return seconds


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nothing but the prompt"


def _others(fields: Sequence[str], but: str) -> str:
    """Which systems have the fields, `but` the one that was asked, for an error."""
    from songloom.systems.registry import generators_that_use  # the registry knows the systems, which know requests

    found = [name for name in generators_that_use(fields) if name != but]
    return f"; with {' and '.join(fields)}: {', '.join(found)}" if found else ""


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


def _audio(name: str, audio: Audio | None) -> None:
    if audio is None:
        return
    if not isinstance(audio, Audio):
        raise ValueError(f"{name} must be Audio, not {type(audio).__name__}; Audio.load reads a file")
    if not audio.wave.shape[1] or not bool(audio.wave.isfinite().all()):
        raise ValueError(f"{name} {'has numbers that are not finite' if audio.wave.shape[1] else 'is empty'}")


def _control(name: str, value: Audio | Curve | None, seconds: float) -> None:
    """Raises ValueError for what is neither audio, with some sound in the piece's time, nor a curve of this name and
    length."""
    if not isinstance(value, Curve):
        _audio(name, value)
        if value is not None and is_silent(value.wave[:, : math.ceil(seconds * value.sample_rate)]):
            raise ValueError(
                f"{name} is a recording that is silent in the {seconds:g} s of the piece; it needs some sound"
            )
    elif value.name != name:
        raise ValueError(f"{name} cannot be a curve of {value.name}")
    elif abs(value.frames - seconds * RATE) > 1:
        raise ValueError(f"{name} is a curve of {value.seconds:g} s; the piece has {seconds:g} s")


def _regions(regions: object, seconds: float) -> tuple[tuple[float, float], ...]:
    """Regions in order, as tuples. Raises ValueError for what is none, lies outside, or overlaps."""
    if not isinstance(regions, list | tuple):
        raise ValueError(f"inpaint must be pairs of seconds, not {regions!r}")
    found: list[tuple[float, float]] = []
    for region in regions:
        if not isinstance(region, list | tuple) or len(region) != 2:
            raise ValueError(f"inpaint must be pairs of seconds, not {region!r}")
        for value in region:
            _within("a region of inpaint", value, 0.0, seconds)
        if region[0] >= region[1]:
            raise ValueError(
                f"a region of inpaint goes from {region[0]:g} to {region[1]:g} s; it must end after it begins"
            )
        found.append((float(region[0]), float(region[1])))
    found.sort()
    for before, after in itertools.pairwise(found):
        if after[0] < before[1]:
            raise ValueError(f"regions of inpaint overlap at {after[0]:g} s")
    return tuple(found)
