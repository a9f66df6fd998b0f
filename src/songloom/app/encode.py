"""`songloom encode`: sound to tokens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from songloom.app import folders
from songloom.app.coding import Precision, load_codec
from songloom.app.screen import Report
from songloom.data.workers import Workers

if TYPE_CHECKING:
    from songloom.data.token_header import TokenHeader
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
    lm: Path | None = None,
    precision: Precision = "float32",
    jobs: int | None = None,
    ray: str | None = None,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Sound to a compact .loom file of tokens.

    Parameters
    ----------
    file:
        Any sound file (wav, flac, ogg, mp3, ...), or a folder of them.
    output:
        The .loom file (or, by an EnCodec model, .ecdc), or the folder for a folder's; without it FILE with the
        suffix .loom.
    codec:
        A codec: an embedded name, a checkpoint folder or file, ours or published, or the hub id of one.
    bitrate:
        The most kilobits per second, but one codebook at least; fewer are smaller and rougher. Without it all of the
        codec's.
    streams:
        How many codebooks to keep, instead of a bitrate.
    entropy:
        Squeeze the tokens of a .loom file further without loss; takes some more time.
    precision:
        bfloat16 is faster for codecs of wide convolutions (DAC) on a processor that multiplies such numbers; it
        changes a few tokens.
    lm:
        EnCodec's language model (a file encodec_lm_*.th): squeezes the tokens of an .ecdc file, slowly.
    jobs:
        Processes for a folder's files: 1, unless told; 0 is one for every processor. With --ray, tasks at a time.
    ray:
        The address of a Ray cluster that works instead, or "local" to start one here; see docs/scale.md.
    overwrite:
        Replace files that are there.
    """
    from songloom.data.manifest import AUDIO_SUFFIXES
    from songloom.inference.coded_files import header_of

    if bitrate is not None and streams is not None:
        raise ValueError("--bitrate does not go with --streams")
    files = folders.pairs(file, output, AUDIO_SUFFIXES, ".loom")
    suffixes = {target.suffix.lower() for _, target in files}
    if not suffixes <= {".loom", ".ecdc"}:
        raise ValueError(f"{files[0][1]} should end in .loom or .ecdc")
    if entropy and suffixes == {".ecdc"}:
        raise ValueError("--entropy does not go with .ecdc files; --lm does")
    if lm is not None and suffixes != {".ecdc"}:
        raise ValueError("--lm goes with .ecdc files only; --entropy squeezes .loom files")
    opened, identity = load_codec(codec, precision)
    header = header_of(opened, identity, streams if bitrate is None else opened.streams_for(bitrate), entropy=entropy)
    step = _ToEcdc(opened, header.streams, lm) if suffixes == {".ecdc"} else _ToLoom(opened, header)
    folders.each(file, files, step, overwrite=overwrite, workers=Workers.of(jobs, ray))


@dataclass(frozen=True, eq=False)
class _ToLoom:
    """A file through a codec to a .loom file; gives the line about it."""

    codec: Codec
    header: TokenHeader

    def __call__(self, source: Path, target: Path, report: Report) -> str:
        from songloom.data.token_file import TokenReader
        from songloom.inference.coded_files import encode_file

        encode_file(self.codec, source, target, self.header, progress=report)
        with TokenReader(target) as made:
            return _line(self.codec, source, target, made.samples, self.header.streams, made.coded_bytes)


@dataclass(frozen=True, eq=False)
class _ToEcdc:
    """A file through an EnCodec model to an .ecdc file; gives the line about it."""

    codec: Codec
    streams: int
    lm: Path | None

    def __call__(self, source: Path, target: Path, report: Report) -> str:
        from songloom.published.ecdc import EcdcReader
        from songloom.published.ecdc_audio import encode_file

        encode_file(self.codec, source, target, self.streams, lm=self.lm, progress=report)
        made = EcdcReader(target)
        return _line(self.codec, source, target, made.header.samples, self.streams, made.coded_bytes)


def _line(codec: Codec, source: Path, target: Path, samples: int, streams: int, coded_bytes: int) -> str:
    from songloom.audio import files

    seconds, channels = samples / codec.sample_rate, files.info(source).channels
    mixed = f" ({channels} channels mixed to {codec.channels})" if channels > codec.channels else ""
    frames, kbps = codec.frames(samples), 8 * coded_bytes / seconds / 1000
    return f"{target}: {seconds:.1f} s{mixed}, {frames} frames of {streams} codes, {kbps:.2f} kbps"
