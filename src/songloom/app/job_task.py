"""What a job makes, as JSON and files: a request with its sounds and curves beside it, the model, the kind of file."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from safetensors.torch import load_file, save_file

from songloom.audio import files
from songloom.audio.clip import Audio
from songloom.conditioning.curves import Curve
from songloom.layers.matrices import Precision
from songloom.systems.request import Request

Suffix = Literal[".wav", ".flac", ".ogg", ".mp3"]


@dataclass(frozen=True, kw_only=True)
class Task:
    """A request to a model (an embedded name, a folder or a hub id) with its LoRAs, finished at `loudness` LUFS and
    written as files that end in `suffix`."""

    request: Request
    model: str = "loom"
    loras: tuple[str, ...] = ()
    precision: Precision | None = None
    loudness: float = -16.0
    suffix: Suffix = ".flac"

    def __post_init__(self) -> None:
        if not -70.0 <= self.loudness <= 0.0:
            raise ValueError(f"loudness must be from -70 to 0 LUFS, not {self.loudness:g}")
        files.checked_suffix(f"x{self.suffix}")

    @property
    def asked(self) -> float:
        """Seconds of music, those of all candidates together."""
        return self.request.seconds * self.request.candidates

    def stored(self, folder: Path) -> dict[str, Any]:
        """The task as JSON; sounds and curves become files in `folder`."""
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
        return {**told, "request": fields}


def task_of(told: dict[str, Any], folder: Path) -> Task:
    """The task that `stored` told of."""
    fields = {name: _value(name, value, folder) for name, value in told["request"].items()}
    return Task(**{**told, "loras": tuple(told["loras"]), "request": Request(**fields)})


def _value(name: str, value: Any, folder: Path) -> Any:
    if isinstance(value, dict) and "audio" in value:
        return Audio(*files.read(folder / value["audio"]))
    if isinstance(value, dict) and "curve" in value:
        held = load_file(folder / value["curve"])
        return Curve(name, held["values"], None if bool(held["known"].all()) else held["known"])  # type: ignore[arg-type]
    return value
