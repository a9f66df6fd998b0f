"""Files of published models: found by name, read without running anything that they hold.

Tensors come from safetensors files, whole or sharded, or from PyTorch's pickles by the restricted reader
(`weights_only`) alone. A hub id is looked up in the local Hugging Face cache; nothing is downloaded.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from songloom.config import parsed
from songloom.loading import header, mapped

WEIGHTS = ("model.safetensors", "diffusion_pytorch_model.safetensors", "pytorch_model.bin")
"""Names that a folder's weights have, the first one there is used; shards have an index beside them."""
SUFFIXES = (".safetensors", ".bin", ".th", ".pth", ".pt", ".ckpt")
INDEX = ".index.json"
UnpicklingError = torch.serialization.pickle.UnpicklingError  # type: ignore[attr-defined]
DAMAGED = (UnpicklingError, RuntimeError, EOFError, KeyError, IndexError, AttributeError, TypeError, ValueError)
"""What PyTorch raises for a file that is no checkpoint, is cut off, or wants to run code."""


@dataclass(frozen=True)
class Files:
    """What lies under a name: one weights file, or a folder with config.json and weights."""

    path: Path

    @cached_property
    def names(self) -> frozenset[str]:
        """The files' names."""
        return frozenset(p.name for p in self.path.iterdir()) if self.path.is_dir() else frozenset([self.path.name])

    @cached_property
    def config(self) -> dict[str, Any]:
        """The folder's config.json, or nothing."""
        return read_json(self.path / "config.json") if "config.json" in self.names else {}

    @cached_property
    def keys(self) -> frozenset[str]:
        """Names in the weights file, without its numbers: of tensors, or of what else is at its top. None where a
        folder holds no weights itself, or several files that only their family knows apart."""
        if not self.path.is_dir():
            return read_keys(self.path)
        weights = [name for name in self.names if name.endswith((*SUFFIXES, INDEX))]
        known = any(name.removesuffix(INDEX) in WEIGHTS for name in weights)
        return read_keys(weights_file(self.path)) if known or len(weights) == 1 else frozenset()


def locate(name: str | Path) -> Path:
    """The folder or file of a path, or of a hub id in the local cache; after the id may stand a file of weights in it,
    "OWNER/MODEL/FILE". Raises ValueError when there is none."""
    path = Path(name)
    if path.exists():
        return path
    parts = str(name).split("/")
    if len(parts) < 2 or not all(parts) or {".", "..", "~"} & set(parts) or (parts[2:] and path.suffix not in SUFFIXES):
        raise ValueError(f"no model, file or folder {str(name)!r}")
    owner, model, *inside = parts
    cached = hub_cache() / f"models--{owner}--{model}"
    for reference in sorted(cached.glob("refs/*"), key=lambda found: found.name != "main"):
        found = cached.joinpath("snapshots", reference.read_text(encoding="utf-8").strip(), *inside)
        if found.exists():
            return found
    asked = " ".join((f"{owner}/{model}", "/".join(inside))).strip()
    raise ValueError(f"no file or folder {str(name)!r}, and {cached} has it not; fetch it by: hf download {asked}")


def hub_cache() -> Path:
    """Where the Hugging Face libraries keep what they downloaded."""
    try:
        from huggingface_hub import constants
    except ImportError:  # the place that they take unless told otherwise
        return Path.home() / ".cache" / "huggingface" / "hub"
    return Path(constants.HF_HUB_CACHE)


def weights_file(path: Path) -> Path:
    """The weights of a folder (a file stands for itself). Raises ValueError when there are none or several."""
    if not path.is_dir():
        return path
    for name in WEIGHTS:
        for found in (path / name, path / (name + INDEX)):
            if found.is_file():
                return found
    others = sorted(p for p in path.iterdir() if p.suffix in SUFFIXES)
    if len(others) != 1:
        names = ", ".join(p.name for p in others) or "none"
        raise ValueError(f"{path} needs one file of weights; it has {names}")
    return others[0]


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises ValueError when it is missing, damaged or no object."""
    try:
        data = parsed(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{path} is missing") from None
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {error}") from None
    if not isinstance(data, dict):
        raise ValueError(f"{path} holds no JSON object")
    return data


def read_keys(path: Path) -> frozenset[str]:
    """The names at the top of a weights file."""
    if path.name.endswith(INDEX):
        return frozenset(_shards(path))
    if path.suffix != ".safetensors":
        return frozenset(read_pickle(path))
    return frozenset(header(path))


def read_tensors(path: Path, *, inside: str | None = None) -> dict[str, Tensor]:
    """Every tensor of a weights file or folder by name, on the CPU; `inside` names the entry of a pickle that
    holds them. Raises ValueError of one line for anything else."""
    path = weights_file(path)
    if path.name.endswith(INDEX):
        parts = sorted(set(_shards(path).values()))
        return {name: tensor for part in parts for name, tensor in read_tensors(path.parent / part).items()}
    if path.suffix == ".safetensors":
        return mapped(path)
    data = read_pickle(path)
    if inside is not None:
        data = data.get(inside, {})
    if not isinstance(data, Mapping) or not data or not all(isinstance(value, Tensor) for value in data.values()):
        raise ValueError(f"{path} holds no tensors by name" + (f" in {inside!r}" if inside else ""))
    return {str(name): tensor.detach() for name, tensor in data.items()}


def read_pickle(path: Path) -> dict[str, Any]:
    """The dictionary in a PyTorch file: tensors, numbers (numpy's too), texts, lists and dictionaries of such, and
    nothing else.

    Files in PyTorch's zip format stay on the disk until a tensor is used. Raises ValueError for all others.
    """
    if not path.is_file():
        raise ValueError(f"{path} is missing")
    try:
        with torch.serialization.safe_globals(_numbers_of_numpy()), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # about unusual pickles, which are read or refused below
            data = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except DAMAGED as error:
        raise ValueError(f"{path} is not a file of plain tensors: {_reason(error)}") from None
    if not isinstance(data, dict):
        raise ValueError(f"{path} holds a {type(data).__name__}; a dictionary is needed")
    return data


@cache
def _numbers_of_numpy() -> list[Any]:
    """What single numbers of numpy are made by, under numpy's older and newer names; training leaves such in files, a
    best score for one. They run nothing."""
    scalar = np.float64(0).__reduce__()[0]
    modules = ("numpy.core.multiarray", "numpy._core.multiarray")
    kinds = {type(np.dtype(code)) for code in np.typecodes["AllInteger"] + "?efd"}
    return [*((scalar, f"{module}.scalar") for module in modules), np.dtype, *kinds]


def _reason(error: Exception) -> str:
    """Why a file was refused: what it wants to run, or the first line of the message, but not torch's advice on how to
    let it run."""
    wanted = re.search(r"GLOBAL (\S+)", str(error))
    if wanted is not None:
        return f"it wants to use {wanted[1]}, which no such file needs"
    if isinstance(error, UnpicklingError):
        return "it holds more than tensors, numbers and texts"
    if isinstance(error, KeyError):
        return "its bytes are those of no such file"
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]


def _shards(index: Path) -> dict[str, str]:
    """The shard's file name of each tensor, from an index file; a shard lies beside its index."""
    shards = read_json(index).get("weight_map")
    if not isinstance(shards, dict) or not all(isinstance(s, str) and Path(s).name == s for s in shards.values()):
        raise ValueError(f"{index} has no list of shards")
    return shards
