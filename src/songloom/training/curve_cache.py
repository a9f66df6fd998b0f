"""Curves of a whole data set, measured once, beside the codes or latents that they belong to.

The cache is keyed by the frame rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from songloom.audio.clip import Audio
from songloom.conditioning.curve_batch import extracted
from songloom.data.manifest import Clip
from songloom.data.shards import Shards
from songloom.data.waves import Progress
from songloom.data.workers import HERE, Workers
from songloom.systems.roles import Codec
from songloom.training.clip_cache import cached

VERSION = 1
"""Of the extractors: a change of them makes older caches be left alone."""


def measure_curves(
    codec: Codec,
    clips: Sequence[Clip],
    folder: Path,
    *,
    workers: Workers = HERE,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> Shards:
    """Curves [15, F] (float16) of every clip on the frames that `codec` makes of it. `workers` measure;
    `progress` hears (clips done, clips in all); `cache` puts the result elsewhere."""
    settings = {"kind": "curves", "version": VERSION, "sample_rate": codec.sample_rate, "hop": codec.hop_length}
    make = Measuring(codec, Path(folder))
    return cached(
        folder, clips, make, dtype="float16", settings=settings, workers=workers, progress=progress, cache=cache
    )


@dataclass(frozen=True, eq=False)
class Measuring:
    """Curves [15, F] of a clip of a folder on the frames of a codec."""

    codec: Codec
    folder: Path

    def __call__(self, clip: Clip) -> np.ndarray:
        audio = Audio.load(self.folder / clip.audio)
        frames = self.codec.frames(audio.fitted(self.codec.sample_rate, 1).shape[-1])
        found: np.ndarray = extracted(
            audio, self.codec.frame_rate, frames, labels=clip.labels, start=clip.start
        ).numpy()
        return found
