"""The views of a corpus' clips, as they are or as a codec leaves them, made once by several processes and kept as
float16 on the disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from songloom.audio import files
from songloom.data.manifest import Clip
from songloom.data.shards import Shards, ShardWriter
from songloom.metrics.ear_training import Seen
from songloom.metrics.views import SAMPLE_RATE, View, view

VERSION = 1
SHARD_BYTES = 16 * 2**20

Progress = Callable[[int, int], None]
Pictures = tuple[np.ndarray, np.ndarray]
Reader = Callable[[Path], Tensor]
"""A clip's file -> the wave [1, T] at SAMPLE_RATE that is looked at; several processes get a pickled copy."""


def whole(path: Path) -> Tensor:
    """The clip as it is."""
    return files.read(path, sample_rate=SAMPLE_RATE, channels=1)[0]


def corpus_key(clips: Sequence[Clip], altered: str = "") -> str:
    """A hash of the clips, their labels, what `altered` them and the version of the views."""
    known = [[clip.id, clip.seconds, dict(clip.labels)] for clip in clips]
    content = [VERSION, known, *([altered] if altered else [])]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode("utf-8")).hexdigest()[:16]


def see_clips(
    folder: Path,
    clips: Sequence[Clip],
    cache: Path,
    *,
    read: Reader = whole,
    altered: str = "",
    jobs: int = 1,
    progress: Progress | None = None,
) -> list[Seen]:
    """The clips' views with their labels; `cache` is a folder of views, made or finished where it lacks some.

    A `read` that alters the clips needs a name, `altered`, by which their views are kept. `progress` hears
    (done, total).
    """
    place = cache / f"views-{corpus_key(clips, altered)}"
    if not Shards.is_finished(place):
        with ShardWriter(place, "float16", {"kind": "views", "version": VERSION}, shard_bytes=SHARD_BYTES) as writer:
            missing = [clip for clip in clips if f"{clip.id}/harmony" not in writer.done]
            for number, (clip, pictures) in enumerate(
                _pictures(folder, missing, read, jobs), len(clips) - len(missing) + 1
            ):
                for name, picture in zip(View._fields, pictures, strict=True):
                    if f"{clip.id}/{name}" not in writer.done:
                        writer.add(f"{clip.id}/{name}", picture)
                if progress:
                    progress(number, len(clips))
    shards = Shards(place)
    return [Seen(View(*(_tensor(shards, clip, name) for name in View._fields)), clip.labels) for clip in clips]


def _tensor(shards: Shards, clip: Clip, name: str) -> Tensor:
    return torch.from_numpy(np.array(shards.get(f"{clip.id}/{name}")))[None]


def _pictures(folder: Path, clips: Sequence[Clip], read: Reader, jobs: int) -> Iterator[tuple[Clip, Pictures]]:
    paths, look = [Path(folder) / clip.audio for clip in clips], partial(_look, read)
    if jobs == 1 or len(paths) < 2:
        yield from zip(clips, map(look, paths), strict=True)
        return
    with ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,)
    ) as pool:
        yield from zip(clips, pool.map(look, paths, chunksize=4), strict=True)


def _look(read: Reader, path: Path) -> Pictures:
    seen = view(read(path))
    return seen.timbre[0].half().numpy(), seen.harmony[0].half().numpy()
