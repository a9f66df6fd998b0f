"""What clients ask for, as JSON: a wish for music, checked and made into a job's task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from songloom.app.job_music import Music
from songloom.audio.clip import Audio
from songloom.conditioning.curve_texts import of_words
from songloom.conditioning.curves import Curve, Name
from songloom.systems.request import DEFAULT_SECONDS, Request

Identity = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
ModelName = Annotated[str | None, Query(max_length=200)]
"""Of a model that is served; without it the first one of its role."""
Text = Annotated[str, Field(max_length=4000)]
Number = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]
Section = Annotated[tuple[Number, Text], Field(strict=False)]
Region = Annotated[tuple[Number, Number], Field(strict=False)]


class Model(BaseModel):
    """JSON of these fields and no others; numbers are no strings."""

    model_config = ConfigDict(extra="forbid", strict=True)


class SoundInput(Model):
    """A sound that was uploaded (POST /v1/sounds)."""

    sound: Identity


class CurveInput(Model):
    """A control in words: '0:-40 8:-12' (dynamics), 'Am F C G 120 bpm' (melody), '90 bpm 3/4' (rhythm)."""

    curve: Annotated[str, Field(min_length=1, max_length=1000)]


Control = SoundInput | CurveInput


class Wish(Model):
    """Music to make. What is not given is the model's own choice; a field that the model does not use is refused."""

    model: Annotated[str, Field(max_length=200)] | None = None
    prompt: Text = ""
    negative_prompt: Text | None = None
    story: Annotated[list[Section], Field(max_length=100)] = []
    seconds: Annotated[float, Field(ge=0.1, le=3600, allow_inf_nan=False)] = DEFAULT_SECONDS
    bars: Annotated[int, Field(ge=1, le=2000)] | None = None
    loop: bool = False
    seed: Annotated[int, Field(ge=0, le=2**53)] = 0
    guidance: Annotated[float, Field(ge=0, le=30)] | None = None
    steps: Annotated[int, Field(ge=1, le=1000)] | None = None
    temperature: Annotated[float, Field(ge=0, le=10)] | None = None
    top_k: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    tempo: Annotated[float, Field(ge=20, le=300)] | None = None
    key: Annotated[str, Field(max_length=40)] | None = None
    drums: bool | None = None
    candidates: Annotated[int, Field(ge=1, le=64)] = 1
    init: SoundInput | None = None
    init_strength: Annotated[float, Field(ge=0, le=1)] | None = None
    inpaint: Annotated[list[Region], Field(max_length=100)] = []
    continuation: SoundInput | None = None
    melody: Control | None = None
    dynamics: Control | None = None
    rhythm: Control | None = None
    precision: Literal["float32", "bfloat16", "int8"] | None = None
    loudness: Annotated[float, Field(ge=-70, le=0)] = -16.0

    def task(self, place: str, load: Callable[[str], Audio]) -> Music:
        """The task for the model of a place; `load` gives a sound of a name. Raises ValueError for what cannot be."""
        given = self.model_dump(exclude_defaults=True, exclude={"model", "precision", "loudness", *INPUTS})
        for name in ("story", "inpaint"):
            if name in given:
                given[name] = tuple(tuple(row) for row in given[name])
        piece = Request(**{name: given[name] for name in LENGTH if name in given})
        asked = {name: getattr(self, name) for name in INPUTS if getattr(self, name) is not None}
        given |= {name: _heard(name, value, load, piece) for name, value in asked.items()}  # type: ignore[arg-type]
        request = Request(**given)
        return Music(request=request, model=place, precision=self.precision, loudness=self.loudness)


class Again(Model):
    """What is to be another when a job's music is made again."""

    seed: Annotated[int, Field(ge=0, le=2**53)]
    candidates: Annotated[int, Field(ge=1, le=64)] = 1


INPUTS: tuple[str, ...] = ("init", "continuation", "melody", "dynamics", "rhythm")
"""Fields that are sounds, or curves."""
LENGTH = ("prompt", "story", "seconds", "bars", "tempo")
"""Fields that tell how long a piece is."""


def _heard(name: Name, value: Control, load: Callable[[str], Audio], piece: Request) -> Audio | Curve:
    if isinstance(value, CurveInput):
        return of_words(name, value.curve, piece.seconds, piece.named_tempo)
    return load(value.sound)


class Texts(Model):
    """Texts to embed."""

    texts: Annotated[list[Text], Field(min_length=1, max_length=64)]
    model: Annotated[str, Field(max_length=200)] | None = None
