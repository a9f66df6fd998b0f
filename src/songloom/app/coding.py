"""`songloom encode` and `songloom decode`: sound to tokens and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from songloom.app import folders
from songloom.app.screen import Report

if TYPE_CHECKING:
    from songloom.inference.coded_files import Identity
    from songloom.systems.roles import Codec

EMBEDDED = "spectral-codec"


def encode(
    file: Path,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    codec: str = EMBEDDED,
    bitrate: float | None = None,
    streams: int | None = None,
    entropy: Annotated[bool, Parameter(negative="")] = False,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Sound to a compact .loom file of tokens.

    Parameters
    ----------
    file:
        Any sound file (wav, flac, ogg, mp3, ...), or a folder of them.
    output:
        The .loom file, or the folder for a folder's; without it FILE with the suffix .loom.
    codec:
        A codec: an embedded name, a checkpoint folder or file, ours or published, or the hub id of one.
    bitrate:
        The most kilobits per second; fewer are smaller and rougher. Without it all of the codec's.
    streams:
        How many codebooks to keep, instead of a bitrate.
    entropy:
        Squeeze the tokens further without loss; takes some more time.
    overwrite:
        Replace files that are there.
    """
    from songloom.data.manifest import AUDIO_SUFFIXES
    from songloom.inference.coded_files import encode_file, header_of

    if bitrate is not None and streams is not None:
        raise ValueError("--bitrate does not go with --streams")
    files = folders.pairs(file, output, AUDIO_SUFFIXES, ".loom")
    for _, target in files:
        if target.suffix.lower() != ".loom":
            raise ValueError(f"{target} should end in .loom")
    opened, identity = load_codec(codec)
    count = opened.streams_for(bitrate) if bitrate is not None else streams
    header = header_of(opened, identity, count, entropy=entropy)

    def step(source: Path, target: Path, report: Report) -> str:
        from songloom.data.token_file import TokenReader

        encode_file(opened, source, target, header, progress=report)
        with TokenReader(target) as made:
            seconds = made.samples / header.sample_rate
            rate = 8 * made.coded_bytes / seconds / 1000
            return f"{target}: {seconds:.1f} s, {made.frames} frames of {header.streams} codes, {rate:.2f} kbps"

    folders.each(files, step, overwrite=overwrite)


def decode(
    file: Path,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    codec: str | None = None,
    start: float = 0.0,
    end: float | None = None,
    streams: int | None = None,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """A .loom file, or a part of it, back to sound.

    Parameters
    ----------
    file:
        A .loom file, or a folder of them.
    output:
        The sound file, or the folder for a folder's; without it FILE with the suffix .wav.
    codec:
        Where the file's codec is now; without it the name that the file gives.
    start:
        The part's beginning in seconds.
    end:
        The part's end in seconds; without it the file's.
    streams:
        Use only the first codebooks.
    overwrite:
        Replace files that are there.
    """
    from functools import lru_cache

    from songloom.audio.files import checked_suffix
    from songloom.data.token_file import TokenReader
    from songloom.inference.coded_files import check, decode_file

    files = folders.pairs(file, output, [".loom"], ".wav")
    for _, target in files:
        checked_suffix(target)
    load = lru_cache(maxsize=1)(load_codec)

    def step(source: Path, target: Path, report: Report) -> str:
        with TokenReader(source) as reader:
            opened, identity = load(codec or reader.header.codec)
            check(opened, reader, identity.sha256)
            seconds = decode_file(opened, reader, target, start=start, end=end, streams=streams, progress=report)
            return f"{target}: {seconds:.1f} s"

    folders.each(files, step, overwrite=overwrite)


def load_codec(name: str) -> tuple[Codec, Identity]:
    """The codec of an embedded name, a path or a hub id, and what it is known by. Raises ValueError for what is no
    codec."""
    from songloom.inference.coded_files import Identity
    from songloom.published.load import load
    from songloom.systems.roles import Codec
    from songloom.training.encode_cache import system_hash

    system = load(name)
    if not isinstance(system, Codec):
        raise ValueError(f"{name} is no codec but a {type(system).__name__}")
    return system, Identity(name, system_hash(system))
