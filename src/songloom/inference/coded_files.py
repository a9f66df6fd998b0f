"""Sound files to `.loom` files and back, by any codec, in memory that does not grow with their length."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import torch

from songloom.audio import file_stream
from songloom.audio.file_stream import WHOLE, Part
from songloom.data import token_file
from songloom.data.token_file import TokenReader
from songloom.data.token_header import TokenHeader
from songloom.inference.long_form import pieces_of
from songloom.systems.roles import Codec, Progress

LEAD_SECONDS = 2.0
"""Before a part, of a codec that guesses phases: they settle in this time."""


@dataclass(frozen=True)
class Identity:
    """What a codec is known by: the name that it was loaded by, and the hash (hex) of its settings and weights."""

    name: str
    sha256: str


def header_of(codec: Codec, identity: Identity, streams: int | None, *, entropy: bool) -> TokenHeader:
    """The header of a file that this codec makes. Raises ValueError for streams that it does not have."""
    count = codec.streams if streams is None else streams
    if not 1 <= count <= codec.streams:
        raise ValueError(f"{identity.name} has 1 to {codec.streams} streams, not {count}")
    return TokenHeader(
        codec=identity.name,
        kind=codec.config.kind,
        sha256=identity.sha256,
        sample_rate=codec.sample_rate,
        channels=codec.channels,
        streams=count,
        codebook_size=codec.codebook_size,
        hop_length=codec.hop_length,
        entropy=entropy,
    )


@torch.inference_mode()
def encode_file(
    codec: Codec, source: Path, target: Path, header: TokenHeader, *, progress: Progress | None = None
) -> None:
    """Writes the codes of a sound file, resampled and mixed to what the codec takes, as `target`. Raises ValueError
    for a sound file that cannot be coded; nothing is written then."""
    heard = file_stream.Counted(pieces_of(codec, source, progress=progress))
    with token_file.writing(target, header) as writer:
        for codes in codec.tokenize_stream(heard, streams=header.streams):
            writer.add(codes[0].cpu().numpy())
        writer.finish(heard.samples)


def check(codec: Codec, reader: TokenReader, sha256: str) -> None:
    """Raises ValueError unless this codec, with these weights, made the file."""
    header, path = reader.header, reader.path
    if header.kind != codec.config.kind:
        raise ValueError(f"{path} was made by a codec of kind {header.kind!r}, not {codec.config.kind!r}")
    for name in ("sample_rate", "channels", "codebook_size", "hop_length"):
        if getattr(header, name) != getattr(codec, name):
            words = name.replace("_", " ")
            raise ValueError(f"{path} has {words} {getattr(header, name)}; the codec has {getattr(codec, name)}")
    if header.sha256 != sha256:
        raise ValueError(f"{path} was made by other weights of {header.codec!r}")
    if header.streams > codec.streams or reader.frames != codec.frames(reader.samples):
        raise ValueError(f"{path} does not fit its codec: {reader.frames} frames for {reader.samples} samples")


@torch.inference_mode()
def decode_file(
    codec: Codec,
    reader: TokenReader,
    target: Path,
    *,
    part: Part = WHOLE,
    streams: int | None = None,
    progress: Progress | None = None,
) -> float:
    """Writes the wave of a token file, or a part of it, as a sound file; gives its seconds. A part has the samples
    that the whole has there, but for codecs that guess phases. `streams` uses the first books only. Raises
    ValueError for a part or streams that the file does not have."""
    path = reader.path
    if streams is not None and not 1 <= streams <= reader.header.streams:
        raise ValueError(f"{path} has 1 to {reader.header.streams} streams, not {streams}")
    try:
        first, last = part.of(reader.samples, codec.sample_rate)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    begin, stop = _frames_for(codec, reader, first, last)
    codes = (torch.from_numpy(piece[:streams])[None] for piece in reader.pieces(begin, stop))
    waves = (piece[0] for piece in codec.detokenize_stream(codes))
    skip, samples = first - begin * codec.hop_length, last - first
    file_stream.write_part(target, waves, codec.sample_rate, skip=skip, samples=samples, progress=progress)
    return samples / codec.sample_rate


def _frames_for(codec: Codec, reader: TokenReader, first: int, last: int) -> tuple[int, int]:
    """The frames that samples `first` to `last` need: with the codec's context on either side, or, where it
    depends on all that came before, from the beginning."""
    hop, context = codec.hop_length, codec.decoder_context
    if context is None and codec.phase_free:
        context = math.ceil(LEAD_SECONDS * codec.frame_rate)
    if context is None:
        return 0, reader.frames
    return max(0, first // hop - context), min(reader.frames, -(-last // hop) + context)
