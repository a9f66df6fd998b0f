"""The sound of `.ecdc` files by an EnCodec model, and back, piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from songloom.audio import file_stream, files
from songloom.audio.file_stream import WHOLE, Part
from songloom.audio.resample import resampled_length
from songloom.published import ecdc, ecdc_lm
from songloom.published.ecdc import BITS, LAYOUTS, EcdcHeader, EcdcReader, Layout, Piece
from songloom.systems.codecs.encodec import Encodec
from songloom.systems.codecs.encodec_segments import EncodecSegments, from_fraction, to_fraction
from songloom.systems.roles import Codec, Progress


def header_for(codec: Codec, samples: int, streams: int | None = None, *, lm: bool = False) -> EcdcHeader:
    """The header of a file of `samples` samples by this codec; `lm` says that a language model helps. Raises
    ValueError for a codec that `.ecdc` does not know, or streams that it does not have."""
    for model, layout in LAYOUTS.items():
        if _fits(codec, layout):
            return EcdcHeader(model, samples, layout.streams if streams is None else streams, lm)
    raise ValueError(f".ecdc files are of {' and '.join(LAYOUTS)}; this codec is neither")


def check(codec: Codec, header: EcdcHeader) -> None:
    """Raises ValueError unless the codec is of the file's model."""
    if not _fits(codec, header.layout):
        raise ValueError(f"it was made by {header.model}; the codec is another")


def _fits(codec: Codec, layout: Layout) -> bool:
    numbers = (codec.sample_rate, codec.channels, codec.streams, codec.hop_length)
    if numbers != (layout.sample_rate, layout.channels, layout.streams, layout.hop_length):
        return False
    if isinstance(codec, EncodecSegments):
        segment: tuple[int, int] | tuple[None, None] = (codec.segment_length, codec.stride)
    else:
        segment = (None, None)
    return (
        isinstance(codec, Encodec) and codec.codebook_size == 1 << BITS and segment == (layout.segment, layout.stride)
    )


@torch.inference_mode()
def coded(codec: Encodec, waves: Iterable[Tensor], streams: int | None = None) -> Iterator[Piece]:
    """Pieces of wave [1, C, t] -> what `ecdc.write` takes."""
    for latents in codec.encode_stream(waves):
        scale = float(from_fraction(latents[0, 0, 0])) if isinstance(codec, EncodecSegments) else None
        frames = latents if scale is None else latents[..., 1:]
        yield Piece(codec.quantizer.quantize(frames, streams=streams)[0].cpu().numpy(), scale)


@torch.inference_mode()
def waves(codec: Encodec, pieces: Iterable[Piece], streams: int | None = None) -> Iterator[Tensor]:
    """Codes with their scales -> pieces of wave [1, C, t]; the first `streams` books only where given."""
    yield from codec.decode_stream(_latents(codec, piece, streams) for piece in pieces)


def _latents(codec: Encodec, piece: Piece, streams: int | None) -> Tensor:
    """Latents [1, D, f] of a piece; before a segment with a scale stands the frame that holds it."""
    latents = codec.quantizer.dequantize(torch.from_numpy(piece.codes[:streams])[None])
    if piece.scale is None:
        return latents
    loudness = to_fraction(latents.new_tensor(piece.scale)).expand(1, latents.shape[1], 1)
    return torch.cat([loudness, latents], -1)


def encode_file(
    codec: Codec,
    source: Path,
    target: Path,
    streams: int | None = None,
    *,
    lm: Path | None = None,
    progress: Progress | None = None,
) -> None:
    """Writes the codes of a sound file as `target`; the file `lm` holds a language model to squeeze them with. Raises
    ValueError for a sound file that cannot be coded, and for a codec that `.ecdc` does not know; nothing is written
    then."""
    info = files.info(source)
    samples = resampled_length(info.frames, info.sample_rate, codec.sample_rate)
    heard = file_stream.Counted(file_stream.pieces(source, sample_rate=codec.sample_rate, channels=codec.channels))
    header = header_for(codec, max(samples, 1), streams, lm=lm is not None)
    predictor = None if lm is None else ecdc_lm.load(lm, header.model)
    assert isinstance(codec, Encodec)

    def pieces() -> Iterator[Piece]:
        for piece in coded(codec, (wave[None] for wave in heard), header.streams):
            yield piece
            if progress:
                progress(min(1.0, heard.samples / header.samples))
        if heard.samples != header.samples:
            raise ValueError(f"{source} has {heard.samples} samples; it says {header.samples}")

    ecdc.write(target, header, pieces(), predictor)


def decode_file(
    codec: Codec,
    reader: EcdcReader,
    target: Path,
    *,
    part: Part = WHOLE,
    streams: int | None = None,
    lm: Path | None = None,
    progress: Progress | None = None,
) -> float:
    """Writes the wave of an `.ecdc` file, or a part of it, as a sound file; gives its seconds. `streams` uses the
    first books only; the file `lm` holds the language model that files squeezed with it need. Raises ValueError for
    another codec, and for a part or streams that the file does not have."""
    header = reader.header
    try:
        check(codec, header)
        first, last = part.of(header.samples, codec.sample_rate)
        if streams is not None and not 1 <= streams <= header.streams:
            raise ValueError(f"it has 1 to {header.streams} streams, not {streams}")
    except ValueError as error:
        raise ValueError(f"{reader.path}: {error}") from None
    assert isinstance(codec, Encodec)
    predictor = None if lm is None else ecdc_lm.load(lm, header.model)
    pieces = (wave[0] for wave in waves(codec, reader.pieces(predictor), streams))
    file_stream.write_part(target, pieces, codec.sample_rate, skip=first, samples=last - first, progress=progress)
    return (last - first) / codec.sample_rate
