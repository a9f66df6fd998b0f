"""The wave cache: every clip of a data set decoded, resampled and mixed to its channels once, as int16."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from songloom.audio import files
from songloom.data import sources
from songloom.data.manifest import Clip
from songloom.data.shards import SHARD_BYTES, Shards, cache_folder, finish, is_written, write_shard
from songloom.data.workers import HERE, Workers, mapped

FULL_SCALE = 32768.0

Progress = Callable[[int, int], None]


def cache_waves(
    folder: Path,
    clips: Sequence[Clip],
    *,
    sample_rate: int,
    channels: int,
    workers: Workers = HERE,
    progress: Progress | None = None,
    shard_bytes: int = SHARD_BYTES,
    cache: Path | None = None,
) -> Shards:
    """The clips as int16 [C, T] at `sample_rate`, built by `workers` where the cache lacks them.

    `progress` hears (clips done, clips in all); `cache` puts the result elsewhere than under the folder. A file
    that cannot be decoded raises ValueError with its path, and so does a cache that is stale.
    """
    if channels not in (1, 2):
        raise ValueError(f"channels is {channels}, but must be 1 or 2")
    if not clips:
        raise ValueError("there are no clips to cache")
    settings = {"kind": "waves", "version": 1, "sample_rate": sample_rate, "channels": channels}
    cache = cache or cache_folder(folder, clips, settings)
    sources.check(cache, folder, clips, settings)
    if not Shards.is_finished(cache):
        groups = _grouped(clips, shard_bytes, 2 * channels * sample_rate)
        _build(Path(folder), cache, groups, sample_rate, channels, workers, progress)
        finish(cache, len(groups), "int16", settings)
    return Shards(cache)


def to_int16(wave: np.ndarray) -> np.ndarray:
    """Samples in [-1, 1) as int16; what came from a 16-bit file comes back exactly."""
    return np.clip(np.rint(wave * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def to_float(wave: np.ndarray) -> np.ndarray:
    """The inverse of `to_int16`, float32."""
    return wave.astype(np.float32) / np.float32(FULL_SCALE)


def _grouped(clips: Sequence[Clip], shard_bytes: int, bytes_per_second: int) -> list[list[Clip]]:
    groups: list[list[Clip]] = [[]]
    size = 0.0
    for clip in clips:
        if groups[-1] and size + clip.seconds * bytes_per_second > shard_bytes:
            groups.append([])
            size = 0.0
        groups[-1].append(clip)
        size += clip.seconds * bytes_per_second
    return groups


def _build(
    folder: Path,
    cache: Path,
    groups: Sequence[Sequence[Clip]],
    sample_rate: int,
    channels: int,
    workers: Workers,
    progress: Progress | None,
) -> None:
    total = sum(len(group) for group in groups)
    missing = [number for number in range(len(groups)) if not is_written(cache, number)]
    done = total - sum(len(groups[number]) for number in missing)
    tasks = {number: (folder, cache, number, groups[number], sample_rate, channels) for number in missing}
    for number, _ in mapped(_write_group, tasks, workers):
        done += len(groups[number])
        if progress:
            progress(done, total)


def _write_group(
    folder: Path, cache: Path, number: int, clips: Sequence[Clip], sample_rate: int, channels: int
) -> None:
    def arrays() -> Iterator[tuple[str, np.ndarray]]:
        for clip in clips:
            wave, _ = files.read(folder / clip.audio, sample_rate=sample_rate, channels=channels)
            yield clip.id, to_int16(wave.numpy())

    write_shard(cache, number, "int16", arrays())
