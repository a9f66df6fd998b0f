"""Codes or latents of a whole data set, made once: a generator then trains on them without running its codec.

The cache is keyed by the codec's settings and weights, so another codec never finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from songloom.audio import files
from songloom.checkpoint import system_hash
from songloom.data.manifest import Clip
from songloom.data.shards import Shards
from songloom.data.waves import Progress
from songloom.data.workers import HERE, Workers
from songloom.systems.roles import Codec
from songloom.training.clip_cache import cached

Kind = Literal["codes", "latents"]


def encode(
    codec: Codec,
    clips: Sequence[Clip],
    folder: Path,
    *,
    kind: Kind = "codes",
    streams: int | None = None,
    workers: Workers = HERE,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> Shards:
    """Every clip whole, from its first sample: codes [K, F] (int16, or int32 for large codebooks) or latents
    [D, F] (float16). `streams` keeps the first code streams only; `workers` encode, on a cluster each on
    a GPU where `codec` lies on one; `progress` hears (clips done, clips in all); `cache` puts the result elsewhere.
    `codec` is used in eval mode, where it is.
    Raises ValueError for a cache that is stale: of another codec, or of files that have changed since.
    """
    if not clips:
        raise ValueError("there are no clips to encode")
    codec.eval()
    settings = {
        "kind": kind,
        "codec": system_hash(codec),
        "streams": streams or codec.streams,
        "frame_rate": codec.frame_rate,
    }
    dtype = "float16" if kind == "latents" else "int16" if codec.codebook_size <= 2**15 else "int32"
    return cached(
        folder,
        clips,
        Encoding(codec, Path(folder), kind, streams),
        dtype=dtype,
        settings=settings,
        workers=workers,
        progress=progress,
        cache=cache,
        gpu=_device(codec).type == "cuda",
    )


@dataclass(frozen=True, eq=False)
class Encoding:
    """A clip of a folder as codes [K, F] or latents [D, F] of a codec."""

    codec: Codec
    folder: Path
    kind: Kind
    streams: int | None = None

    @torch.inference_mode()
    def __call__(self, clip: Clip) -> np.ndarray:
        codec = self.codec
        wave, _ = files.read(self.folder / clip.audio, sample_rate=codec.sample_rate, channels=codec.channels)
        latents = codec.encode(wave[None].to(_device(codec)))
        found = latents if self.kind == "latents" else codec.quantize(latents, streams=self.streams)
        array: np.ndarray = found[0].cpu().numpy()
        return array


def _device(codec: Codec) -> torch.device:
    return next(codec.parameters()).device
