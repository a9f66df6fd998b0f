"""Tensors on disk in parts: each process writes its own as safetensors, and any number of processes reads them.

torch.distributed.checkpoint plans who writes and reads what. Its storage of safetensors keeps the place of each part in
the files' own headers, so nothing on the disk is a pickle, and none is ever loaded (the plans travel between the
processes of one run as pickles, as everything does that torch.distributed sends as an object). `files.json` holds the
files' sizes, written last: torch would read a folder in which one is missing, and leave gaps.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError
from torch import Tensor

from songloom.bottlenecks.processes import is_sharded

if TYPE_CHECKING:
    from torch.distributed.checkpoint.api import CheckpointException

SIZES = "files.json"
Place = Callable[[str, torch.Size, torch.dtype], Tensor]
"""An empty tensor for a name, a whole shape and a type; a sharded one gets its process's part."""


def write(folder: Path, tensors: Mapping[str, Tensor], *, first: bool) -> None:
    """Together with all other processes, the parts that each has of `tensors`; `first` is the one that lists them."""
    from torch.distributed.checkpoint.api import CheckpointException
    from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageWriter
    from torch.distributed.checkpoint.state_dict_saver import save

    try:
        save(dict(tensors), storage_writer=HuggingFaceStorageWriter(str(folder), save_distributed=True))
    except CheckpointException as error:
        raise OSError(_cause(error)) from error
    if first:
        (folder / SIZES).write_text(json.dumps(_sizes(folder), indent=1) + "\n", encoding="utf-8")


def read(folder: Path, place: Place) -> dict[str, Tensor]:
    """The tensors of a folder. Where `place` gives a sharded one, all processes read together; else each reads for
    itself. Raises ValueError for a folder that is damaged or not complete."""
    from torch.distributed.checkpoint.api import CheckpointException
    from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageReader
    from torch.distributed.checkpoint.metadata import TensorStorageMetadata
    from torch.distributed.checkpoint.state_dict_loader import load

    _check(folder)
    reader = HuggingFaceStorageReader(str(folder))
    found: dict[str, Tensor] = {}
    try:
        for name, entry in reader.read_metadata().state_dict_metadata.items():
            if isinstance(entry, TensorStorageMetadata):
                found[name] = place(name, entry.size, entry.properties.dtype)
        load(found, storage_reader=reader, no_dist=not any(map(is_sharded, found.values())))
    except (OSError, SafetensorError) as error:
        raise ValueError(f"{folder} is damaged: {error}") from error
    except CheckpointException as error:
        raise ValueError(f"{folder} is damaged: {_cause(error)}") from error
    return found


def _cause(error: CheckpointException) -> str:
    """What went wrong in the first process in which something did."""
    return str(next(iter(error.failures.values()))[0])


def _sizes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in sorted(folder.glob("*.safetensors"))}


def _check(folder: Path) -> None:
    try:
        listed = json.loads((folder / SIZES).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{folder} is damaged: {error}") from error
    there = _sizes(folder)
    if listed != there:
        odd = sorted(name for name in {*listed, *there} if listed.get(name) != there.get(name))
        raise ValueError(f"{folder} is damaged: {', '.join(odd[:4])} missing, or not of the size that was written")
