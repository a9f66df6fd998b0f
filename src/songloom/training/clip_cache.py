"""A cache of one array for each clip of a data set, made once by threads.

It lies under the data set's `.cache`, keyed by its clips and by what made it; one of files that have changed since is
refused. A run that was cut off goes on at the first shard that is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from songloom.data import sources
from songloom.data.manifest import Clip
from songloom.data.prefetch import prefetch
from songloom.data.shards import Shards, ShardWriter, cache_folder
from songloom.data.waves import Progress

SHARD_BYTES = 2 * 2**20


def cached(
    folder: Path,
    clips: Sequence[Clip],
    make: Callable[[Clip], np.ndarray],
    *,
    dtype: str,
    settings: Mapping[str, Any],
    jobs: int = 1,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> Shards:
    """What `make` gives of every clip, as `dtype`. `settings` say what makes it; `jobs` threads do; `progress` hears
    (clips done, clips in all); `cache` puts the result elsewhere. Raises ValueError for a cache that is stale."""
    place = cache or cache_folder(folder, clips, settings)
    sources.check(place, folder, clips, settings)
    if Shards.is_finished(place):
        return Shards(place)
    with ShardWriter(place, dtype, settings, shard_bytes=SHARD_BYTES) as writer:
        missing = [clip for clip in clips if clip.id not in writer.done]
        steps = range(len(missing))
        with closing(prefetch(lambda step: make(missing[step]), steps, ahead=2 * jobs, threads=jobs)) as arrays:
            for step, array in arrays:
                writer.add(missing[step].id, array)
                if progress:
                    progress(len(clips) - len(missing) + step + 1, len(clips))
    return Shards(place)
