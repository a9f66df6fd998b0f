"""Codes or latents of a whole data set, made once: a generator then trains on them without running its codec.

The cache lies under the data set's `.cache`, keyed by its clips and by the codec's settings and weights, so another
codec never finds it; one of files that have changed since is refused. A run that was cut off goes on at the first
shard that is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from songloom.audio import files
from songloom.checkpoint import system_hash
from songloom.data import sources
from songloom.data.manifest import Clip
from songloom.data.prefetch import prefetch
from songloom.data.shards import Shards, ShardWriter, cache_folder
from songloom.data.waves import Progress
from songloom.systems.roles import Codec

SHARD_BYTES = 2 * 2**20
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
    place = cache or cache_folder(folder, clips, settings)
    sources.check(place, folder, clips, settings)
    if Shards.is_finished(place):
        return Shards(place)
    dtype = "float16" if kind == "latents" else "int16" if codec.codebook_size <= 2**15 else "int32"
    with ShardWriter(place, dtype, settings, shard_bytes=SHARD_BYTES) as writer:
        missing = [clip for clip in clips if clip.id not in writer.done]

        def make(number: int) -> np.ndarray:
            return encode_clip(codec, folder / missing[number].audio, kind, streams)

        with closing(prefetch(make, range(len(missing)), ahead=2 * jobs, threads=jobs)) as arrays:
            for number, array in arrays:
                writer.add(missing[number].id, array)
                if progress:
                    progress(len(clips) - len(missing) + number + 1, len(clips))
    return Shards(place)


@torch.inference_mode()
def encode_clip(codec: Codec, path: Path, kind: Kind, streams: int | None = None) -> np.ndarray:
    """One file as codes [K, F] or latents [D, F]."""
    wave, _ = files.read(path, sample_rate=codec.sample_rate, channels=codec.channels)
    batch = wave[None].to(next(codec.parameters()).device)
    latents = codec.encode(batch)
    found = latents if kind == "latents" else codec.quantize(latents, streams=streams)
    array: np.ndarray = found[0].cpu().numpy()
    return array
