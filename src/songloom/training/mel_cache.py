"""Log-mel frames of a whole data set, made once, for systems that see nothing else of the music."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from songloom.audio import files
from songloom.config import to_json
from songloom.data.manifest import Clip
from songloom.data.shards import Shards
from songloom.data.waves import Progress
from songloom.layers.mel import LogMel, MelScale
from songloom.training.clip_cache import cached

VERSION = 1


def measure_mel(
    scale: MelScale,
    clips: Sequence[Clip],
    folder: Path,
    *,
    jobs: int = 1,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> Shards:
    """Log-mel [M, F] (float16) of every clip, mono. `jobs` threads measure; see `cached`."""
    mel = LogMel(scale)

    @torch.inference_mode()
    def make(clip: Clip) -> np.ndarray:
        wave, _ = files.read(folder / clip.audio, sample_rate=scale.sample_rate, channels=1)
        frames: np.ndarray = mel(wave[0]).numpy()
        return frames

    settings = {"kind": "mel", "version": VERSION, "scale": to_json(scale)}
    return cached(folder, clips, make, dtype="float16", settings=settings, jobs=jobs, progress=progress, cache=cache)
