"""Music to be made, as a job: a request with its sounds and curves, the model, the kind of file.

Jobs that ask the same model for pieces of one shape are made as one batch where the model can; so are the candidates
of one job. A batch changes no sample, so it does not matter who is in it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from safetensors.torch import load_file, save_file

from songloom.app.job_attempt import Attempt, peak
from songloom.app.job_batch import Made, make
from songloom.app.job_limits import Limits
from songloom.app.job_task import Bound, Task
from songloom.audio import files
from songloom.audio.clip import Audio
from songloom.checkpoint import read_config
from songloom.conditioning.curves import Curve
from songloom.inference import memory, song
from songloom.inference.song import Model
from songloom.layers.matrices import Precision
from songloom.published.files import locate
from songloom.published.load import own_folder
from songloom.systems import registry
from songloom.systems.request import Request
from songloom.systems.roles import Generator
from songloom.systems.together import shape
from songloom.systems.usual import DEFAULT_MODEL

WAVE_BYTES = 48_000 * 2 * 4 * 4
"""Of memory for a second of music: four copies of stereo at 48 kHz."""
FILE_BYTES = 48_000 * 2 * 2
"""Of disk for a second of music: 16 bits of stereo at 48 kHz."""
Suffix = Literal[".wav", ".flac", ".ogg", ".mp3"]


@dataclass(frozen=True, kw_only=True)
class Music(Task):
    """A request to a model (an embedded name, a folder or a hub id) with its LoRAs, finished at `loudness` LUFS and
    written as files that end in `suffix`."""

    kind: ClassVar[str] = "music"
    request: Request
    model: str = DEFAULT_MODEL
    loras: tuple[str, ...] = ()
    precision: Precision | None = None
    loudness: float = -16.0
    suffix: Suffix = ".flac"

    def __post_init__(self) -> None:
        if not -70.0 <= self.loudness <= 0.0:
            raise ValueError(f"loudness must be from -70 to 0 LUFS, not {self.loudness:g}")
        files.checked_suffix(f"x{self.suffix}")

    @property
    def seconds(self) -> float:
        return self.request.seconds

    @property
    def parts(self) -> int:
        return self.request.candidates

    @property
    def way(self) -> str:
        return json.dumps([self.model, self.loras, self.precision, self.request.steps])

    @property
    def alike(self) -> str:
        of_request = shape(self.request)
        if of_request is None or self.parts > 1:
            return ""
        return json.dumps([self.kind, self.model, self.loras, self.precision, of_request])

    @property
    def bytes_a_second(self) -> int:
        return WAVE_BYTES

    @property
    def input_bytes(self) -> int:
        values = [getattr(self.request, field.name) for field in dataclasses.fields(self.request)]
        return sum(4 * value.wave.numel() for value in values if isinstance(value, Audio))

    @property
    def output_bytes(self) -> int:
        return round(FILE_BYTES * self.seconds * (self.parts + 1))

    def weights(self) -> int:
        own = own_folder(self.model)
        return memory.needed(locate(self.model) if own is None else own, self.precision or "float32")

    def bounds(self, limits: Limits) -> Sequence[Bound]:
        own = own_folder(self.model)
        kind = None if own is None else str(read_config(own)["settings"]["kind"])
        if kind is not None:
            system = registry.system_classes().get(kind)
            if system is None or not issubclass(system, Generator):
                raise ValueError(f"{self.model} makes no music from text")
            self.request.check(system.uses, kind)
        return (
            ("{:g} s of music are asked; {:g} may be", self.seconds, limits.seconds),
            ("{:g} candidates are asked; {:g} may be", self.parts, limits.candidates),
        )

    def stored(self, folder: Path) -> dict[str, Any]:
        """Sounds and curves become files in `folder`."""
        told = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        fields: dict[str, Any] = {}
        for field in dataclasses.fields(self.request):
            value = getattr(self.request, field.name)
            if isinstance(value, Audio):
                files.write(folder / f"{field.name}.wav", value.wave, value.sample_rate, bits=32)
                fields[field.name] = {"audio": f"{field.name}.wav"}
            elif isinstance(value, Curve):
                save_file({"values": value.values, "known": value.mask}, folder / f"{field.name}.safetensors")
                fields[field.name] = {"curve": f"{field.name}.safetensors"}
            elif value != field.default:
                fields[field.name] = value
        return {"kind": self.kind, **told, "request": fields}

    @classmethod
    def of(cls, told: dict[str, Any], folder: Path) -> Self:
        fields = {name: _value(name, value, folder) for name, value in told["request"].items()}
        given = {name: value for name, value in told.items() if name != "kind"}
        return cls(**{**given, "loras": tuple(told["loras"]), "request": Request(**fields)})

    def made(self, attempt: Attempt, model: Model) -> Made:
        """What there is of it, at first nothing."""
        return Made(attempt, model, self.request, self.loudness, self.suffix)

    @classmethod
    def work(cls, attempt: Attempt) -> None:
        task = cls.of(attempt.job.task, attempt.folder)
        attempt(0.0)
        model = song.open_model(task.model, task.loras, task.precision)
        attempt.ready()
        made = [task.made(attempt, model)]
        most = 1
        if model.system.batched and shape(task.request) is not None:
            most = at_once(model.system, task.request, *attempt.room)
            for other in attempt.others(most - 1):
                with other.ending():
                    made.append(cls.of(other.job.task, other.folder).made(other, model))
        try:
            make(made, model, most)
        except (ValueError, OSError) as error:
            for one in made:
                with one.attempt.ending():
                    raise error
        for one in made:
            with one.attempt.ending():
                one.write(len(made))


def at_once(system: Generator, request: Request, most: int, given: int | None) -> int:
    """How many pieces of a request's shape may be made at once, up to `most`: the memory that the others take has to be
    there, in what is `given` to the process, and in half of what is free."""
    free, each = memory.free(), system.piece_bytes(request) + WAVE_BYTES * request.seconds
    rooms = [room for room in (free and free / 2, given and given - peak()) if room is not None]
    return max(1, min([most, *(1 + int(room // each) for room in rooms)]))


def _value(name: str, value: Any, folder: Path) -> Any:
    if isinstance(value, dict) and "audio" in value:
        return Audio(*files.read(folder / value["audio"]))
    if isinstance(value, dict) and "curve" in value:
        held = load_file(folder / value["curve"])
        return Curve(name, held["values"], None if bool(held["known"].all()) else held["known"])  # type: ignore[arg-type]
    return value
