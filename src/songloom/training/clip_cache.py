"""A cache of one array for each clip of a data set, made once.

It lies under the data set's `.cache`, keyed by its clips and by what made it; one of files that have changed since is
refused. A run that was cut off goes on at the first shard that is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from songloom.data import sources
from songloom.data.manifest import Clip
from songloom.data.shards import Shards, ShardWriter, cache_folder
from songloom.data.waves import Progress
from songloom.data.workers import HERE, Workers, mapped

SHARD_BYTES = 2 * 2**20


def cached(
    folder: Path,
    clips: Sequence[Clip],
    make: Callable[[Clip], np.ndarray],
    *,
    dtype: str,
    settings: Mapping[str, Any],
    workers: Workers = HERE,
    progress: Progress | None = None,
    cache: Path | None = None,
    gpu: bool = False,
) -> Shards:
    """What `make` gives of every clip, as `dtype`. `settings` say what makes it; `workers` do, each with a copy of
    `make`, and on a cluster, with `gpu`, each on a GPU; `progress` hears (clips done, clips in all); `cache` puts the
    result elsewhere. Raises ValueError for a cache that is stale."""
    place = cache or cache_folder(folder, clips, settings)
    sources.check(place, folder, clips, settings)
    if Shards.is_finished(place):
        return Shards(place)
    with ShardWriter(place, dtype, settings, shard_bytes=SHARD_BYTES) as writer:
        missing = [clip for clip in clips if clip.id not in writer.done]
        before = len(clips) - len(missing)
        made = mapped(make, {clip.id: (clip,) for clip in missing}, workers, gpu=gpu)
        for done, (identity, array) in enumerate(made, before + 1):
            writer.add(identity, array)
            if progress:
                progress(done, len(clips))
    return Shards(place)
