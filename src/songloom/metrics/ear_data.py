"""The views of a corpus' clips, made once by several processes and kept as float16 on the disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

from songloom.audio import files
from songloom.data.manifest import Clip
from songloom.data.shards import Shards, ShardWriter
from songloom.metrics.ear_training import Seen
from songloom.metrics.views import SAMPLE_RATE, View, view

VERSION = 1
SHARD_BYTES = 16 * 2**20

Progress = Callable[[int, int], None]
Pictures = tuple[np.ndarray, np.ndarray]


def corpus_key(clips: Sequence[Clip]) -> str:
    """A hash of the clips, their labels and the version of the views."""
    known = [[clip.id, clip.seconds, dict(clip.labels)] for clip in clips]
    return hashlib.sha256(json.dumps([VERSION, known], sort_keys=True).encode("utf-8")).hexdigest()[:16]


def see_clips(
    folder: Path, clips: Sequence[Clip], cache: Path, *, jobs: int = 1, progress: Progress | None = None
) -> list[Seen]:
    """The clips' views with their labels; `cache` is a folder of views, made or finished where it lacks some.

    `progress` hears (done, total).
    """
    place = cache / f"views-{corpus_key(clips)}"
    if not Shards.is_finished(place):
        with ShardWriter(place, "float16", {"kind": "views", "version": VERSION}, shard_bytes=SHARD_BYTES) as writer:
            missing = [clip for clip in clips if f"{clip.id}/harmony" not in writer.done]
            for number, (clip, pictures) in enumerate(_pictures(folder, missing, jobs), len(clips) - len(missing) + 1):
                for name, picture in zip(View._fields, pictures, strict=True):
                    if f"{clip.id}/{name}" not in writer.done:
                        writer.add(f"{clip.id}/{name}", picture)
                if progress:
                    progress(number, len(clips))
    shards = Shards(place)
    return [Seen(View(*(_tensor(shards, clip, name) for name in View._fields)), clip.labels) for clip in clips]


def _tensor(shards: Shards, clip: Clip, name: str) -> torch.Tensor:
    return torch.from_numpy(np.array(shards.get(f"{clip.id}/{name}")))[None]


def _pictures(folder: Path, clips: Sequence[Clip], jobs: int) -> Iterator[tuple[Clip, Pictures]]:
    paths = [Path(folder) / clip.audio for clip in clips]
    if jobs == 1 or len(paths) < 2:
        yield from zip(clips, map(_look, paths), strict=True)
        return
    with ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,)
    ) as pool:
        yield from zip(clips, pool.map(_look, paths, chunksize=4), strict=True)


def _look(path: Path) -> Pictures:
    wave, _ = files.read(path, sample_rate=SAMPLE_RATE, channels=1)
    seen = view(wave)
    return seen.timbre[0].half().numpy(), seen.harmony[0].half().numpy()
