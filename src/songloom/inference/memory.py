"""Whether a model's weights fit into memory, known before they are read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from torch import Tensor

from songloom import checkpoint
from songloom.layers.matrices import BYTES, Precision
from songloom.loading import free_memory, header
from songloom.published.files import INDEX, SUFFIXES, read_json, read_pickle, weights_file
from songloom.systems import registry
from songloom.systems.roles import Generator

PIPELINE = "model_index.json"
"""Stands in folders whose parts have folders of their own."""
PARTS = {
    "parts",
    "text_encoder",
    "audio_encoder",
    "compression_state_dict",
    "condition_provider",
    "enc_to_dec_proj",
    "text_projection",
    "audio_enc_to_dec_proj",
    "melody_projection",
    "vae",
    "vocoder",
    "conditioner",
    "pretransform",
}
"""What stays in float32, by the names that published checkpoints have for it."""
OWN = (".lm.", ".dit.blocks.", ".unet.", ".control.blocks.")
"""What a precision is for, by the names that our checkpoints have for it."""
EXACT = {"embedding", "to_time", "to_vector"}
"""What inside of that stays in float32."""
free = free_memory


def needed(path: Path, precision: Precision = "float32") -> int:
    """Bytes of the weights of a checkpoint folder or file, ours or published, once they are loaded and held in
    `precision`: the matrices of the network itself, which some systems hold in float32 beside. Tables, norms, text
    encoder and codec stay in float32; readers that come with a package (MiniLM) are not counted."""
    own = _own(path)
    lowered = _lowered if own is None else _lowered_of_ours
    low = BYTES[precision] + (BYTES["float32"] if own is not None and own.keeps_float32 else 0)
    sizes = ((low if lowered(name, shape) else BYTES["float32"], math.prod(shape)) for name, shape in _shapes(path))
    return sum(size * count for size, count in sizes)


def check(path: Path, name: str, precision: Precision = "float32") -> None:
    """Raises ValueError when the weights of `path`, held in `precision`, are more than what is free."""
    wanted, there = needed(path, precision), free()
    if there is not None and wanted > there:
        wants = f"{name} needs {wanted / 1e9:.1f} GB of memory for its weights in {precision}"
        raise ValueError(f"{wants}; {there / 1e9:.1f} GB are free")


def weights_files(path: Path) -> list[Path]:
    """The files of weights that loading reads: ours with those of the parts, a published set, or one file."""
    if not path.is_dir():
        return [path]
    if (path / "parts").is_dir():
        return checkpoint.weights_files(path)
    if (path / PIPELINE).is_file():
        return [file for part in sorted(path.iterdir()) if part.is_dir() for file in weights_files(part)]
    try:
        file = weights_file(path)
    except ValueError:  # several, which their family knows apart
        return sorted(file for file in path.iterdir() if file.suffix in SUFFIXES)
    if not file.name.endswith(INDEX):
        return [file]
    return [path / name for name in sorted(set(read_json(file).get("weight_map", {}).values()))]


def published_hash(path: Path) -> str:
    """One hash for a published checkpoint: its settings and the weights beside them, as they lie on the disk."""
    settings = [path / "config.json"] if (path / "config.json").is_file() else []
    return checkpoint.files_hash([*settings, *weights_files(path)])


def _shapes(path: Path) -> Iterator[tuple[str, Sequence[int]]]:
    """Name and shape of every tensor, after the names of the folders and of the file that it is in."""
    for file in weights_files(path):
        inside = file.relative_to(path) if file.is_relative_to(path) else Path("parts", file.name)
        place = inside.with_suffix("").parts
        for name, shape in shapes(file):
            yield ".".join([*place, name]), shape


def _own(path: Path) -> type[Generator] | None:
    """The kind of generator that a folder of ours holds; None for published ones and what makes no music."""
    config = read_json(path / "config.json") if (path / "config.json").is_file() else {}
    settings = config.get("settings")
    kind = settings.get("kind") if isinstance(settings, dict) else None
    found = registry.system_classes().get(str(kind))
    return found if found is not None and issubclass(found, Generator) else None


def _lowered_of_ours(name: str, shape: Sequence[int]) -> bool:
    """The same in a checkpoint of ours."""
    inside = any(part in f".{name}" for part in OWN) and EXACT.isdisjoint(name.split("."))
    return inside and len(shape) > 1


def _lowered(name: str, shape: Sequence[int]) -> bool:
    """Whether a tensor is one of those that a precision is for."""
    names = name.split(".")
    return len(shape) > 1 and not any(one in PARTS or one.startswith("emb") for one in names)


def shapes(file: Path) -> Iterator[tuple[str, Sequence[int]]]:
    """Names and shapes of the tensors in a file of weights. Raises ValueError when it cannot be read."""
    if file.suffix != ".safetensors":
        yield from _tensors("", read_pickle(file))
        return
    for name, entry in header(file).items():
        yield name, entry.shape


def _tensors(name: str, data: object) -> Iterator[tuple[str, Sequence[int]]]:
    """In dictionaries of dictionaries of tensors."""
    if isinstance(data, Tensor):
        yield name, data.shape
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _tensors(f"{name}.{key}", value)
