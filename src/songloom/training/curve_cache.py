"""Curves of a whole data set, measured once, beside the codes or latents that they belong to.

The cache lies under the data set's `.cache`, keyed by its clips and the frame rate; like that of the codec's, it goes
on at the first shard that is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from songloom.audio.clip import Audio
from songloom.conditioning.curve_batch import extracted
from songloom.data import sources
from songloom.data.manifest import Clip
from songloom.data.prefetch import prefetch
from songloom.data.shards import Shards, ShardWriter, cache_folder
from songloom.data.waves import Progress
from songloom.systems.roles import Codec

SHARD_BYTES = 2 * 2**20
VERSION = 1
"""Of the extractors: a change of them makes older caches be left alone."""


def measure_curves(
    codec: Codec,
    clips: Sequence[Clip],
    folder: Path,
    *,
    jobs: int = 1,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> Shards:
    """Curves [15, F] (float16) of every clip on the frames that `codec` makes of it. `jobs` threads measure;
    `progress` hears (clips done, clips in all); `cache` puts the result elsewhere."""
    settings = {"kind": "curves", "version": VERSION, "sample_rate": codec.sample_rate, "hop": codec.hop_length}
    place = cache or cache_folder(folder, clips, settings)
    sources.check(place, folder, clips, settings)
    if Shards.is_finished(place):
        return Shards(place)
    with ShardWriter(place, "float16", settings, shard_bytes=SHARD_BYTES) as writer:
        missing = [clip for clip in clips if clip.id not in writer.done]

        def make(number: int) -> np.ndarray:
            clip = missing[number]
            audio = Audio.load(folder / clip.audio)
            frames = codec.frames(audio.fitted(codec.sample_rate, 1).shape[-1])
            found: np.ndarray = extracted(audio, codec.frame_rate, frames, labels=clip.labels).numpy()
            return found

        with closing(prefetch(make, range(len(missing)), ahead=2 * jobs, threads=jobs)) as arrays:
            for number, array in arrays:
                writer.add(missing[number].id, array)
                if progress:
                    progress(len(clips) - len(missing) + number + 1, len(clips))
    return Shards(place)
