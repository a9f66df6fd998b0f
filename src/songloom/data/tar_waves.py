"""Crops read out of tar shards as they lie on the disk: nothing is unpacked, nothing is made beside them.

It has what a cache of waves has for a data set: `settings`, `length`, `read`. Each read opens the tar anew, so any
number of threads and processes may read at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from songloom.audio import files
from songloom.data.manifest import Clip
from songloom.data.prepare.tar_shards import is_prepared


class TarWaves:
    """The clips of a folder of tar shards, all of one sample rate and number of channels, as int16 [C, T]."""

    def __init__(self, folder: Path, clips: Sequence[Clip]) -> None:
        kinds = {(clip.sample_rate, clip.channels) for clip in clips}
        if len(kinds) != 1:
            raise ValueError(
                f"the clips of {folder} are of {len(kinds)} kinds of sample rate and channels; one is needed"
            )
        rate, channels = kinds.pop()
        self.folder = Path(folder)
        self.settings: dict[str, Any] = {"kind": "waves", "sample_rate": rate, "channels": channels}
        self._clips = {clip.id: clip for clip in clips}

    @staticmethod
    def fits(folder: Path, clips: Sequence[Clip], *, sample_rate: int, channels: int) -> bool:
        """Whether the clips of a folder can be read as they are for a model of this rate and these channels."""
        return is_prepared(folder) and {(clip.sample_rate, clip.channels) for clip in clips} == {
            (sample_rate, channels)
        }

    def __contains__(self, identity: object) -> bool:
        return identity in self._clips

    def length(self, identity: str) -> int:
        """Samples per channel of a clip."""
        clip = self._clips[identity]
        return round(clip.seconds * clip.sample_rate)

    def read(self, identity: str, start: int, length: int) -> np.ndarray:
        """`length` samples [C, T] from `start`; fewer where the clip ends. Raises ValueError for one that is
        damaged."""
        path = self.folder / self._clips[identity].audio
        with files.opened(path) as sound:
            try:
                begin = sound.seek(min(start, sound.frames))
                samples = sound.read(min(length, sound.frames - begin), dtype="int16", always_2d=True)
            except soundfile.LibsndfileError as error:
                raise ValueError(f"{path} breaks off: {error.error_string}") from None
        return np.ascontiguousarray(samples.T)
