"""Whether a model's weights fit into memory, known before they are read."""

from __future__ import annotations

import math
from pathlib import Path

from torch import Tensor

from songloom import checkpoint
from songloom.layers.matrices import BYTES, Precision
from songloom.loading import free_memory, header
from songloom.published.files import INDEX, SUFFIXES, read_json, read_pickle, weights_file

PIPELINE = "model_index.json"
"""Stands in folders whose parts have folders of their own."""
free = free_memory


def needed(path: Path, precision: Precision = "float32") -> int:
    """Bytes of the weights of a checkpoint folder or file, ours or published, once they are loaded and held in
    `precision`; what else than matrices there is takes a little more."""
    return BYTES[precision] * sum(numbers(file) for file in weights_files(path))


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


def numbers(file: Path) -> int:
    """How many numbers a file of weights holds. Raises ValueError when it cannot be read."""
    if file.suffix != ".safetensors":
        return _numbers(read_pickle(file))
    return sum(math.prod(entry.shape) for entry in header(file).values())


def _numbers(data: object) -> int:
    """In dictionaries of dictionaries of tensors."""
    if isinstance(data, Tensor):
        return data.numel()
    return sum(map(_numbers, data.values())) if isinstance(data, dict) else 0
