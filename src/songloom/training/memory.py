"""What a run remembers beside the weights that it ships, by name: single files, or folders of shards.

optimizer     what the optimisers know of each weight, `<entry>/<weight>`
weights       the raw weights, where what is shipped is their average
opponents     an adversary, a balancer
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from songloom.bottlenecks.processes import is_sharded
from songloom.training import shards
from songloom.training.distributed import Processes


class Memory:
    """Named groups of tensors in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, groups: Mapping[str, Mapping[str, Tensor]], processes: Processes) -> None:
        """Every process calls it; one that shares in no shards writes only where it is the first. Raises OSError when
        a disk refuses."""
        for name, tensors in groups.items():
            if any(map(is_sharded, tensors.values())):
                shards.write(self.folder / name, tensors, first=processes.first)
            elif processes.first:
                here = {key: tensor.detach().to("cpu").contiguous() for key, tensor in tensors.items()}
                save_file(here, self._file(name))

    def has(self, name: str) -> bool:
        """Whether there is such a group."""
        return self._file(name).is_file() or (self.folder / name).is_dir()

    def read(self, name: str, place: shards.Place | None = None) -> dict[str, Tensor]:
        """A group. Without `place` all of it, whole. With it, what lies in parts comes into the tensors that `place`
        gives, and all processes have to ask together. Raises ValueError when the files are damaged."""
        if (self.folder / name).is_dir():
            return shards.read(self.folder / name, place or _whole)
        path = self._file(name)
        try:
            return load_file(path)
        except (OSError, SafetensorError) as error:
            raise ValueError(f"{path} is damaged: {error}") from error

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.safetensors"


def _whole(_: str, shape: torch.Size, dtype: torch.dtype) -> Tensor:
    return torch.empty(shape, dtype=dtype)
