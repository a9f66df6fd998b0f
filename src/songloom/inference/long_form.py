"""Sound files of any length to codes and back, piece by piece: memory does not grow with the file.

codes = tokenize_file(codec, "concert.flac", streams=8)             # pieces [K, f], made as they are taken
detokenize_file(codec, codes, "again.wav", samples=samples_of(codec, "concert.flac"))
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from songloom.audio import file_stream, files
from songloom.audio.resample import resampled_length
from songloom.systems.roles import Codec, Progress, System


def samples_of(system: System, path: str | os.PathLike[str]) -> int:
    """How many samples a sound file has at the system's rate."""
    info = files.info(path)
    return resampled_length(info.frames, info.sample_rate, system.sample_rate)


def pieces_of(system: System, path: str | os.PathLike[str], *, progress: Progress | None = None) -> Iterator[Tensor]:
    """The wave of a file as the system takes it, in pieces [1, C, t] on its device. Raises ValueError for a file that
    is not sound."""
    device = next(system.parameters()).device
    total, heard = samples_of(system, path), 0
    for piece in file_stream.pieces(path, sample_rate=system.sample_rate, channels=system.channels):
        yield piece[None].to(device)
        heard += piece.shape[-1]
        if progress:
            progress(min(1.0, heard / max(total, 1)))


@torch.no_grad()
def encode_file(codec: Codec, path: str | os.PathLike[str], *, progress: Progress | None = None) -> Iterator[Tensor]:
    """The latents of a file in pieces [D, f], together `encode` of its whole wave."""
    for latents in codec.encode_stream(pieces_of(codec, path, progress=progress)):
        yield latents[0]


@torch.no_grad()
def tokenize_file(
    codec: Codec, path: str | os.PathLike[str], *, streams: int | None = None, progress: Progress | None = None
) -> Iterator[Tensor]:
    """The codes of a file in pieces [K, f] (int64), together `tokenize` of its whole wave."""
    for codes in codec.tokenize_stream(pieces_of(codec, path, progress=progress), streams=streams):
        yield codes[0]


@torch.no_grad()
def detokenize_file(
    codec: Codec, codes: Iterable[Tensor], path: str | os.PathLike[str], *, samples: int | None = None
) -> int:
    """Writes the wave of codes [k, f] as they come, in the format of the path's suffix; cut to `samples` where given.
    Gives the number of samples. When anything fails nothing is left at the path but what was there before."""
    given = 0
    with file_stream.writing(path, codec.sample_rate, codec.channels) as writer:
        for piece in codec.detokenize_stream(piece[None] for piece in codes):
            part = piece[0] if samples is None else piece[0, :, : samples - given]
            writer.add(part)
            given += part.shape[-1]
            if given == samples:
                break
    return given
