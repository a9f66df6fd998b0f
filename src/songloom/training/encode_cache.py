"""Codes or latents of a whole data set, made once: a generator then trains on them without running its codec.

The cache is keyed by the codec's settings and weights, so another codec never finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from songloom.audio import files
from songloom.checkpoint import system_hash
from songloom.data.manifest import Clip
from songloom.data.shards import Shards
from songloom.data.waves import Progress
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
    jobs: int = 1,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> Shards:
    """Every clip whole, from its first sample: codes [K, F] (int16, or int32 for large codebooks) or latents
    [D, F] (float16). `streams` keeps the first code streams only; `jobs` threads encode; `progress` hears
    (clips done, clips in all); `cache` puts the result elsewhere. `codec` is used in eval mode, where it is.
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

    def make(clip: Clip) -> np.ndarray:
        return encode_clip(codec, folder / clip.audio, kind, streams)

    return cached(folder, clips, make, dtype=dtype, settings=settings, jobs=jobs, progress=progress, cache=cache)


@torch.inference_mode()
def encode_clip(codec: Codec, path: Path, kind: Kind, streams: int | None = None) -> np.ndarray:
    """One file as codes [K, F] or latents [D, F]."""
    wave, _ = files.read(path, sample_rate=codec.sample_rate, channels=codec.channels)
    batch = wave[None].to(next(codec.parameters()).device)
    latents = codec.encode(batch)
    found = latents if kind == "latents" else codec.quantize(latents, streams=streams)
    array: np.ndarray = found[0].cpu().numpy()
    return array
