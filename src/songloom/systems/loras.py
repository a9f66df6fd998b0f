"""LoRA files: a small safetensors file with its settings and the hash of the weights that it belongs to.

A file holds the factors of `layers/lora.py` by layer; its metadata, under "songloom", is JSON: the settings and the
base (name, kind, SHA-256 of its weights). On other weights it would do something, but nothing that was ever heard, so
it is refused.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from songloom.checkpoint import file_hash, weights_hash
from songloom.config import override, parsed, to_json
from songloom.layers.lora import Lora, merge
from songloom.systems.roles import System

NAME = "lora.safetensors"
PLACES = (NAME, f"checkpoint/{NAME}")
"""Where a folder has its LoRA: a run's checkpoint, or the run itself."""
ENTRY, FORMAT = "songloom", 1
S = TypeVar("S", bound=System)


@dataclass(frozen=True, slots=True)
class Base:
    """The model that a LoRA belongs to: the name that it was opened by, its kind, and the hash of its weights."""

    name: str
    kind: str
    sha256: str


@dataclass(frozen=True, slots=True)
class LoraFile:
    """What a file holds."""

    settings: Lora
    base: Base
    learned: Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class Strength:
    """A LoRA to use, and how much of it: 1 is as it was trained, 0 not at all, below 0 away from it."""

    file: str
    strength: float = 1.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.strength) or abs(self.strength) > 10:
            raise ValueError(f"the strength of {self.file} must be from -10 to 10, not {self.strength:g}")

    @classmethod
    def of(cls, text: str) -> Strength:
        """ "FILE" or "FILE:0.8"."""
        name, _, number = text.rpartition(":")
        if not name or Path(text).exists():
            return cls(text)
        try:
            strength = float(number)
        except ValueError:  # a colon of the path's own
            return cls(text)
        return cls(name, strength)

    @property
    def path(self) -> Path:
        """The file itself, also where a folder was named. Raises ValueError where there is none."""
        place = Path(self.file)
        found = [place / name for name in PLACES if (place / name).is_file()] if place.is_dir() else [place]
        if not found or not found[0].is_file():
            raise ValueError(f"there is no LoRA {self.file}")
        return found[0]

    def told(self) -> dict[str, Any]:
        """How a recipe names it."""
        return {"file": self.file, "strength": self.strength, "sha256": file_hash(self.path)}


def write(path: Path, learned: Mapping[str, Tensor], settings: Lora, base: Base) -> None:
    """One file, in float32."""
    about = {"format": FORMAT, "lora": to_json(settings), "base": to_json(base)}
    tensors = {name: tensor.float().contiguous() for name, tensor in learned.items()}
    save_file(tensors, path, metadata={ENTRY: json.dumps(about)})


def read(path: Path) -> LoraFile:
    """The file's content, on the CPU. Raises ValueError of one line when it is damaged or something else."""
    try:
        with safe_open(path, "pt") as file:
            about = parsed((file.metadata() or {}).get(ENTRY, "null"))
            learned = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise ValueError(f"{path} is no LoRA of songloom")
    try:
        base = Base(**{name: str(about["base"][name]) for name in Base.__slots__})
        settings = override(cast(Any, Lora()), {name: json.dumps(value) for name, value in about["lora"].items()})
        return LoraFile(settings, base, learned)
    except (KeyError, AttributeError, TypeError) as error:
        raise ValueError(f"{path} is damaged: its settings lack {error}") from None


def base_of(system: System, name: str) -> Base:
    """The identity of a model that was opened by `name`."""
    return Base(name, str(system.config.kind), weights_hash(system))


def check_base(file: LoraFile, base: Base, source: Path) -> None:
    """Raises ValueError when a LoRA belongs to other weights."""
    if file.base.kind != base.kind:
        raise ValueError(f"{source} belongs to a {file.base.kind} ({file.base.name}), not to a {base.kind}")
    if file.base.sha256 != base.sha256:
        known = f"{file.base.name}, {file.base.sha256[:12]}"
        raise ValueError(f"{source} belongs to other weights ({known}) than {base.name} has ({base.sha256[:12]})")


def apply(system: S, loras: Sequence[Strength | str], name: str = "this model") -> S:
    """Merges LoRAs into the weights of `system`, which it returns; each is checked first, so that an error leaves it
    as it was. All have to come at once: merged weights are no base for more."""
    wanted = [one if isinstance(one, Strength) else Strength.of(one) for one in loras]
    if not wanted:
        return system
    base, files = base_of(system, name), [(one, read(one.path)) for one in wanted]
    for one, file in files:
        check_base(file, base, one.path)
    for one, file in files:
        merge(system, file.learned, one.strength * file.settings.scale)
    return system
