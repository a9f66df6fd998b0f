"""Random crops of a data set, a pure function of (seed, step): nothing to save, so a resumed run is exact.

Item j of step s draws from its own random stream, numbered across all data-parallel ranks: the ranks' batches
together are the batch that one process of `world_size` times the size would see. So do the clips that are taken in
turn: as long as all ranks' batches together keep their size, a run may go on with another number of ranks.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from songloom.data.batch import Batch
from songloom.data.manifest import NAME, Clip, read, scan
from songloom.data.order import EpochOrder
from songloom.data.shards import Shards
from songloom.data.tar_waves import TarWaves
from songloom.data.waves import Progress, cache_waves, to_float
from songloom.data.workers import HERE, Workers


@dataclass(frozen=True, slots=True)
class Cropping:
    """How crops begin: at the clip's start, else on a labelled downbeat, with these chances; else anywhere.
    `balanced` draws the style first, then a clip of it; `in_turn` takes every clip once an epoch instead."""

    from_start: float = 0.2
    on_downbeat: float = 0.5
    balanced: bool = True
    in_turn: bool = False


class Waves(Protocol):
    """Waves as int16 [C, T] by clip: a cache of them, or shards that are read as they are."""

    settings: dict[str, Any]

    def __contains__(self, identity: object) -> bool: ...

    def length(self, identity: str) -> int: ...

    def read(self, identity: str, start: int, length: int) -> np.ndarray: ...


@dataclass(frozen=True, slots=True)
class Crop:
    """One drawn item: the clip, its text, and `start` in units (frames where there are frames, else samples)."""

    clip: Clip
    text: str
    start: int
    inside: int


class Dataset:
    """Clips with their arrays: `waves` (int16 [C, T]) and frames: `codes` ([K, F]) or `latents` ([D, F]), with
    `curves` ([N, F]) of the same frames.

    With codes or latents, `frame_rate` (frames per second) is needed and crops begin on frame borders.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        *,
        waves: Waves | None = None,
        codes: Shards | None = None,
        latents: Shards | None = None,
        curves: Shards | None = None,
        frame_rate: float | None = None,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
        cropping: Cropping | None = None,
    ) -> None:
        present: list[Waves] = [shards for shards in (waves, codes, latents, curves) if shards is not None]
        if waves is None and codes is None and latents is None:
            raise ValueError("a data set needs waves, codes or latents")
        if (codes is not None or latents is not None) and not frame_rate:
            raise ValueError("codes and latents need the frame_rate of their codec")
        if curves is not None and codes is None and latents is None:
            raise ValueError("curves lie beside codes or latents")
        if not 0 <= rank < world_size:
            raise ValueError(f"rank is {rank}, but must be 0 to {world_size - 1}")
        self.clips = tuple(clip for clip in clips if all(clip.id in shards for shards in present))
        if not self.clips:
            raise ValueError("no clip of the manifest is in the cache")
        self.waves, self.codes, self.latents, self.frame_rate = waves, codes, latents, frame_rate
        self.curves = curves
        self.sample_rate: int | None = waves.settings["sample_rate"] if waves else None
        self.seed, self.rank, self.world_size = seed, rank, world_size
        self.cropping = cropping or Cropping()
        self._groups = _groups(self.clips, balanced=self.cropping.balanced)
        self._order = EpochOrder([clip.audio.rpartition("/")[0] for clip in self.clips], seed)

    def whole(self) -> Dataset:
        """The same data set, whose batches are those of all ranks together."""
        whole = copy(self)
        whole.rank, whole.world_size = 0, 1
        return whole

    @property
    def unit_rate(self) -> float:
        """Units of a crop per second: frames where there are frames, else samples."""
        return float(self.frame_rate or self.sample_rate or 0)

    def batch(self, step: int, *, batch_size: int, crop_seconds: float) -> Batch:
        """This rank's `batch_size` crops of step `step`; clips shorter than the crop are padded with zeros."""
        units = round(crop_seconds * self.unit_rate)
        if batch_size < 1 or units < 1:
            raise ValueError(f"a batch of {batch_size} crops of {crop_seconds} s is empty")
        first = self.rank * batch_size
        together = batch_size * self.world_size
        crops = [self._draw(step, first + item, units, together) for item in range(batch_size)]
        return self._cut(crops, units, crop_seconds)

    def cut(self, clip: Clip, start: float, crop_seconds: float) -> Batch:
        """One crop of a clip from the second `start` of its recording on, which lies in the clip, with zeros beyond the
        clip's end, and no text."""
        begin, units = round((start - clip.start) * self.unit_rate), round(crop_seconds * self.unit_rate)
        inside = max(0, min(units, self._units(clip) - begin))
        return self._cut([Crop(clip, "", begin, inside)], units, crop_seconds)

    def _cut(self, crops: Sequence[Crop], units: int, crop_seconds: float) -> Batch:
        rate = self.unit_rate
        return Batch(
            texts=tuple(crop.text for crop in crops),
            labels=tuple(crop.clip.labels for crop in crops),
            ids=tuple(crop.clip.id for crop in crops),
            start=torch.tensor([crop.clip.start + crop.start / rate for crop in crops], dtype=torch.float32),
            seconds=torch.tensor([crop.inside / rate for crop in crops], dtype=torch.float32),
            total=torch.tensor(
                [crop.clip.whole or self._units(crop.clip) / rate for crop in crops], dtype=torch.float32
            ),
            mask=torch.arange(units) < torch.tensor([[crop.inside] for crop in crops]),
            sample_rate=self.sample_rate,
            wave=self._waves(crops, crop_seconds),
            codes=None if self.codes is None else _stacked(self.codes, crops, units).long(),
            latents=None if self.latents is None else _stacked(self.latents, crops, units).float(),
            curves=None if self.curves is None else _stacked(self.curves, crops, units).float(),
        )

    def _draw(self, step: int, item: int, units: int, together: int) -> Crop:
        rng = np.random.Generator(np.random.Philox(np.random.SeedSequence((self.seed, step, item))))
        group = self._groups[int(rng.integers(len(self._groups)))]
        clip = group[int(rng.integers(len(group)))]
        if self.cropping.in_turn:
            clip = self.clips[self._order.at(step * together + item)]
        text = clip.captions[int(rng.integers(len(clip.captions)))].text if clip.captions else ""
        start = self._start(clip, rng, self._units(clip) - units)
        return Crop(clip, text, start, min(units, self._units(clip) - start))

    def _start(self, clip: Clip, rng: np.random.Generator, latest: int) -> int:
        """The first unit of a crop that may begin at 0..latest."""
        chance = float(rng.random())
        if latest <= 0 or chance < self.cropping.from_start:
            return 0
        downbeats = _downbeats(clip, self.unit_rate, latest)
        if downbeats and chance < self.cropping.from_start + self.cropping.on_downbeat:
            return downbeats[int(rng.integers(len(downbeats)))]
        return int(rng.integers(latest + 1))

    def _units(self, clip: Clip) -> int:
        frames = self.codes if self.codes is not None else self.latents
        if frames is not None:
            return frames.length(clip.id)
        return self.waves.length(clip.id) if self.waves else 0

    def _waves(self, crops: Sequence[Crop], crop_seconds: float) -> Tensor | None:
        if self.waves is None or self.sample_rate is None:
            return None
        samples = round(crop_seconds * self.sample_rate)
        scale = self.sample_rate / self.unit_rate
        cut = [self.waves.read(crop.clip.id, round(crop.start * scale), samples) for crop in crops]
        return torch.from_numpy(np.stack([_padded(to_float(wave), samples) for wave in cut]))


def open_waves(
    folder: Path,
    split: str = "train",
    *,
    clips: Sequence[Clip] | None = None,
    sample_rate: int,
    channels: int,
    workers: Workers = HERE,
    progress: Progress | None = None,
    seed: int = 0,
    rank: int = 0,
    world_size: int = 1,
    cropping: Cropping | None = None,
) -> Dataset:
    """The waves of one split of a data set's folder (its manifest, or a plain folder of audio): from a cache, or from
    tar shards of this rate and these channels as they are."""
    clips = [clip for clip in clips_of(folder) if clip.split == split] if clips is None else clips
    if not clips:
        raise ValueError(f"{folder} has no clips of the split {split!r}")
    waves: Waves
    if TarWaves.fits(folder, clips, sample_rate=sample_rate, channels=channels):
        waves = TarWaves(folder, clips)
    else:
        waves = cache_waves(
            folder, clips, sample_rate=sample_rate, channels=channels, workers=workers, progress=progress
        )
    return Dataset(clips, waves=waves, seed=seed, rank=rank, world_size=world_size, cropping=cropping)


def clips_of(folder: Path) -> list[Clip]:
    """The clips of a folder: its manifest where there is one, else the audio files that lie in it."""
    return read(folder) if (Path(folder) / NAME).is_file() else scan(folder)


def _groups(clips: Sequence[Clip], *, balanced: bool) -> list[list[Clip]]:
    by_style: dict[str, list[Clip]] = {}
    for clip in clips:
        by_style.setdefault(str(clip.labels.get("style", "")) if balanced else "", []).append(clip)
    return [by_style[style] for style in sorted(by_style)]


def _downbeats(clip: Clip, rate: float, latest: int) -> list[int]:
    times = clip.labels.get("downbeats", ())
    return [unit for time in times if 0 <= (unit := round((time - clip.start) * rate)) <= latest]


def _stacked(shards: Shards, crops: Sequence[Crop], units: int) -> Tensor:
    return torch.from_numpy(np.stack([_padded(shards.read(crop.clip.id, crop.start, units), units) for crop in crops]))


def _padded(array: np.ndarray, length: int) -> np.ndarray:
    missing = length - array.shape[-1]
    return np.pad(array, [(0, 0)] * (array.ndim - 1) + [(0, missing)]) if missing > 0 else array
