"""`songloom decode`: tokens back to sound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from songloom.app import folders
from songloom.app.coding import Precision, load_codec
from songloom.app.screen import Report

if TYPE_CHECKING:
    from songloom.audio.file_stream import Part
    from songloom.inference.coded_files import Identity
    from songloom.systems.roles import Codec

SUFFIXES = (".loom", ".ecdc", ".dac")


def decode(
    file: Path,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    codec: str | None = None,
    start: float = 0.0,
    end: float | None = None,
    streams: int | None = None,
    lm: Path | None = None,
    precision: Precision = "float32",
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """A .loom file, or a part of it, back to sound.

    Parameters
    ----------
    file:
        A .loom file, an EnCodec .ecdc file, a DAC .dac file, or a folder of them.
    output:
        The sound file, or the folder for a folder's; without it FILE with the suffix .wav.
    codec:
        Where the file's codec is now; without it the name that the file gives (.dac files give none).
    start:
        The part's beginning in seconds.
    end:
        The part's end in seconds; without it the file's.
    streams:
        Use only the first codebooks.
    lm:
        EnCodec's language model (a file encodec_lm_*.th), for .ecdc files that were squeezed with it.
    precision:
        bfloat16 is faster for codecs of wide convolutions (DAC) on a processor that multiplies such numbers, with
        an error 40 dB below the sound.
    overwrite:
        Replace files that are there.
    """
    from songloom.audio.file_stream import Part
    from songloom.audio.files import checked_suffix

    files = folders.pairs(file, output, SUFFIXES, ".wav")
    for _, target in files:
        checked_suffix(target)
    load = lru_cache(maxsize=1)(partial(load_codec, precision=precision, side="decode"))
    wish = _Wish(codec, Part(start, end), streams, lm, load)
    if lm is not None and any(source.suffix.lower() != ".ecdc" for source, _ in files):
        raise ValueError("--lm goes with .ecdc files only")
    ways = {".ecdc": wish.from_ecdc, ".dac": wish.from_dac}

    def step(source: Path, target: Path, report: Report) -> str:
        way = ways.get(source.suffix.lower(), wish.from_loom)
        return f"{target}: {way(source, target, report):.1f} s"

    folders.each(file, files, step, overwrite=overwrite)


@dataclass(frozen=True)
class _Wish:
    """What was asked for; one method for each kind of file, which gives the seconds that it wrote."""

    codec: str | None
    part: Part
    streams: int | None
    lm: Path | None
    load: Callable[[str], tuple[Codec, Identity]]

    def from_loom(self, source: Path, target: Path, report: Report) -> float:
        from songloom.data.token_file import TokenReader
        from songloom.inference.coded_files import check, decode_file

        with TokenReader(source) as reader:
            codec, identity = self.load(self.codec or reader.header.codec)
            check(codec, reader, identity.sha256)
            return decode_file(codec, reader, target, part=self.part, streams=self.streams, progress=report)

    def from_ecdc(self, source: Path, target: Path, report: Report) -> float:
        from songloom.published.ecdc import EcdcReader
        from songloom.published.ecdc_audio import decode_file

        reader = EcdcReader(source)
        codec, _ = self.load(self.codec or f"facebook/{reader.header.model}")
        return decode_file(codec, reader, target, part=self.part, streams=self.streams, lm=self.lm, progress=report)

    def from_dac(self, source: Path, target: Path, report: Report) -> float:
        from songloom.published import dac_audio, dac_file

        found = dac_file.read(source)
        if self.codec is None:
            raise ValueError(f"{source} does not say which DAC made it; give --codec")
        codec, _ = self.load(self.codec)
        try:
            return dac_audio.decode_file(codec, found, target, part=self.part, streams=self.streams)
        except ValueError as error:
            raise ValueError(f"{source}: {error}") from None
