"""Shards: many arrays in few memory-mapped files, so that training decodes and encodes each clip only once.

A cache is a folder of `00000.bin` files (arrays one after another, C order, little endian), each with a
`00000.json` that lists them, and an `index.json` once everything is there. A shard is written beside its
place and renamed; a build that was cut off goes on at the first shard that is missing.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from songloom.audio.tar_members import state
from songloom.data.manifest import Clip, write_atomically

INDEX = "index.json"
SHARD_BYTES = 128 * 2**20
DTYPES = ("int16", "int32", "float16", "float32")


@dataclass(frozen=True, slots=True)
class Item:
    """Where one array lies: shard number, offset in elements, and its shape."""

    id: str
    shard: int
    offset: int
    shape: tuple[int, ...]


def cache_folder(folder: Path, clips: Sequence[Clip], settings: Mapping[str, Any]) -> Path:
    """`folder/.cache/<key>`, the key a hash of the clips (with the sizes of their files) and the settings."""
    known = [[clip.id, clip.audio, clip.seconds, state(Path(folder) / clip.audio)[0]] for clip in clips]
    text = json.dumps([known, dict(settings)], sort_keys=True)
    return Path(folder) / ".cache" / sha256(text.encode("utf-8")).hexdigest()[:20]


def write_shard(folder: Path, number: int, dtype: str, arrays: Iterable[tuple[str, np.ndarray]]) -> None:
    """Write shard `number` whole or not at all; the arrays are written one by one as they come."""
    folder.mkdir(parents=True, exist_ok=True)
    path = _data(folder, number)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    items, offset = [], 0
    try:
        with beside.open("wb") as file:
            for identity, array in arrays:
                stored = np.ascontiguousarray(array, dtype=np.dtype(dtype).newbyteorder("<"))
                file.write(stored.data)
                items.append([identity, offset, list(stored.shape)])
                offset += stored.size
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    write_atomically(_list(folder, number), json.dumps({"dtype": dtype, "elements": offset, "items": items}))


def is_written(folder: Path, number: int) -> bool:
    """Whether shard `number` is complete."""
    return _list(folder, number).is_file() and _data(folder, number).is_file()


def finish(folder: Path, shards: int, dtype: str, settings: Mapping[str, Any]) -> None:
    """Write the index over `shards` complete shards: now the cache can be opened."""
    lists = [json.loads(_list(folder, number).read_text(encoding="utf-8")) for number in range(shards)]
    index = {"dtype": dtype, "settings": dict(settings), "shards": lists}
    write_atomically(folder / INDEX, json.dumps(index))


class ShardWriter:
    """Collects arrays into shards: `with ShardWriter(folder, "int16", settings) as writer: writer.add(id, array)`.

    `done` are the ids that complete shards already hold (of an earlier run with the same folder); skip them.
    The index is written when the block ends without an error.
    """

    def __init__(
        self, folder: Path, dtype: str, settings: Mapping[str, Any], *, shard_bytes: int = SHARD_BYTES
    ) -> None:
        if dtype not in DTYPES:
            raise ValueError(f"dtype is {dtype!r}, but must be one of {', '.join(DTYPES)}")
        self.folder, self.dtype, self.settings, self.shard_bytes = Path(folder), dtype, dict(settings), shard_bytes
        self.done: set[str] = set()
        self._shards = 0
        self._waiting: list[tuple[str, np.ndarray]] = []
        self._bytes = 0
        while is_written(self.folder, self._shards):
            held = json.loads(_list(self.folder, self._shards).read_text(encoding="utf-8"))
            self.done.update(item[0] for item in held["items"])
            self._shards += 1

    def add(self, identity: str, array: np.ndarray) -> None:
        """Append one array of any shape; an id may come only once."""
        if identity in self.done:
            raise ValueError(f"{identity!r} is in the cache {self.folder} already")
        self.done.add(identity)
        self._waiting.append((identity, np.array(array, dtype=self.dtype)))
        self._bytes += self._waiting[-1][1].nbytes
        if self._bytes >= self.shard_bytes:
            self._flush()

    def _flush(self) -> None:
        write_shard(self.folder, self._shards, self.dtype, self._waiting)
        self._shards, self._waiting, self._bytes = self._shards + 1, [], 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            if self._waiting or not self._shards:
                self._flush()
            finish(self.folder, self._shards, self.dtype, self.settings)


class Shards:
    """A finished cache, read through memory maps: `shards[i]` or `shards.read(id, start, length)`.

    What the index claims is checked against the files' true sizes before anything is mapped.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        if not self.is_finished(self.folder):
            raise ValueError(f"{folder} is no finished cache: it has no {INDEX}")
        index = json.loads((self.folder / INDEX).read_text(encoding="utf-8"))
        if index["dtype"] not in DTYPES:
            raise ValueError(f"{folder} holds {index['dtype']!r}, but only {', '.join(DTYPES)} are known")
        self.dtype = np.dtype(index["dtype"]).newbyteorder("<")
        self.settings: dict[str, Any] = index["settings"]
        self._items = [item for number, shard in enumerate(index["shards"]) for item in self._checked(number, shard)]
        self._places = {item.id: place for place, item in enumerate(self._items)}
        self._maps: dict[int, np.ndarray] = {}

    @staticmethod
    def is_finished(folder: Path) -> bool:
        """Whether `folder` holds a cache that can be opened."""
        return (Path(folder) / INDEX).is_file()

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._places)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, identity: object) -> bool:
        return identity in self._places

    def __getitem__(self, place: int) -> np.ndarray:
        """Array `place`, a view of the file that cannot be written to."""
        return self._view(self._items[place])

    def get(self, identity: str) -> np.ndarray:
        """The array called `identity`, a view of the file."""
        if identity not in self._places:
            raise ValueError(f"{identity!r} is not in the cache {self.folder}")
        return self[self._places[identity]]

    def length(self, identity: str) -> int:
        """The size of the last axis: samples or frames."""
        return self.get(identity).shape[-1]

    def read(self, identity: str, start: int, length: int) -> np.ndarray:
        """A copy of `length` steps of the last axis from `start`; fewer where the array ends."""
        return np.array(self.get(identity)[..., start : start + length])

    def _view(self, item: Item) -> np.ndarray:
        if item.shard not in self._maps:
            path = _data(self.folder, item.shard)
            self._maps[item.shard] = np.memmap(path, dtype=self.dtype, mode="r") if path.stat().st_size else _NOTHING
        flat = self._maps[item.shard][item.offset : item.offset + math.prod(item.shape)]
        return flat.reshape(item.shape)

    def _checked(self, number: int, shard: Mapping[str, Any]) -> list[Item]:
        path = _data(self.folder, number)
        size = path.stat().st_size if path.is_file() else -1
        if size != shard["elements"] * self.dtype.itemsize:
            claimed = shard["elements"] * self.dtype.itemsize
            raise ValueError(f"{path} has {size} bytes where its index says {claimed}; remove {self.folder}")
        items = [Item(identity, number, offset, tuple(shape)) for identity, offset, shape in shard["items"]]
        for item in items:
            within = item.offset >= 0 and all(extent >= 0 for extent in item.shape)
            if not within or item.offset + math.prod(item.shape) > shard["elements"]:
                raise ValueError(f"{item.id!r} reaches beyond the end of {path}; remove {self.folder}")
        return items


_NOTHING = np.zeros(0)


def _data(folder: Path, number: int) -> Path:
    return folder / f"{number:05d}.bin"


def _list(folder: Path, number: int) -> Path:
    return folder / f"{number:05d}.json"
