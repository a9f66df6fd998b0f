"""Log-mel frames of a whole data set, made once, for systems that see nothing else of the music."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from songloom.audio import files
from songloom.config import to_json
from songloom.data.manifest import Clip
from songloom.data.shards import Shards
from songloom.data.waves import Progress
from songloom.data.workers import HERE, Workers
from songloom.layers.mel import LogMel, MelScale
from songloom.training.clip_cache import cached

VERSION = 1


def measure_mel(
    scale: MelScale,
    clips: Sequence[Clip],
    folder: Path,
    *,
    workers: Workers = HERE,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> Shards:
    """Log-mel [M, F] (float16) of every clip, mono. `workers` measure; see `cached`."""
    settings = {"kind": "mel", "version": VERSION, "scale": to_json(scale)}
    make = Picturing(LogMel(scale), scale, Path(folder))
    return cached(
        folder, clips, make, dtype="float16", settings=settings, workers=workers, progress=progress, cache=cache
    )


@dataclass(frozen=True, eq=False)
class Picturing:
    """Log-mel [M, F] of a clip of a folder."""

    mel: LogMel
    scale: MelScale
    folder: Path

    @torch.inference_mode()
    def __call__(self, clip: Clip) -> np.ndarray:
        wave, _ = files.read(self.folder / clip.audio, sample_rate=self.scale.sample_rate, channels=1)
        frames: np.ndarray = self.mel(wave[0]).numpy()
        return frames
