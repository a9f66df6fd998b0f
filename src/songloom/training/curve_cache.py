"""Curves of a whole data set, measured once, beside the codes or latents that they belong to.

The cache is keyed by the frame rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from songloom.audio.clip import Audio
from songloom.conditioning.curve_batch import extracted
from songloom.data.manifest import Clip
from songloom.data.shards import Shards
from songloom.data.waves import Progress
from songloom.systems.roles import Codec
from songloom.training.clip_cache import cached

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

    def make(clip: Clip) -> np.ndarray:
        audio = Audio.load(folder / clip.audio)
        frames = codec.frames(audio.fitted(codec.sample_rate, 1).shape[-1])
        found: np.ndarray = extracted(audio, codec.frame_rate, frames, labels=clip.labels).numpy()
        return found

    return cached(folder, clips, make, dtype="float16", settings=settings, jobs=jobs, progress=progress, cache=cache)
