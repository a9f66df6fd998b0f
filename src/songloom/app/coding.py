"""`songloom encode` and `songloom decode`: audio to tokens and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from songloom.systems.roles import Codec

SUFFIX = ".tokens"


def encode(
    file: Path,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    model: str = "spectral-codec",
    streams: int | None = None,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Audio to a compact token file.

    Parameters
    ----------
    file:
        Any sound file: wav, flac, ogg, mp3, ...
    output:
        The token file; without it FILE with the suffix .tokens.
    model:
        A codec: embedded name or checkpoint folder.
    streams:
        How many codebooks to keep: fewer is smaller and rougher.
    overwrite:
        Replace a file that is there.
    """
    import torch

    from songloom import checkpoint
    from songloom.audio import files
    from songloom.data.token_file import TokenHeader, write_tokens
    from songloom.systems import registry

    target = output or file.with_suffix(SUFFIX)
    _free(target, overwrite)
    codec = _codec(model)
    if streams is not None and not 1 <= streams <= codec.streams:
        raise ValueError(f"{model} has 1 to {codec.streams} streams, not {streams}")
    wave, _rate = files.read(file, sample_rate=codec.sample_rate, channels=codec.channels)
    with torch.inference_mode():
        codes = codec.tokenize(wave[None], streams=streams)[0]
    header = TokenHeader(
        codec=model,
        sha256=checkpoint.model_hash(registry.locate(model)),
        sample_rate=codec.sample_rate,
        channels=codec.channels,
        samples=wave.shape[-1],
        streams=codes.shape[0],
        codebook_size=codec.codebook_size,
        frames=codes.shape[1],
    )
    write_tokens(target, codes.numpy(), header)
    kbps = header.frames * header.streams * header.bits / (wave.shape[-1] / codec.sample_rate) / 1000
    print(
        f"{target}: {codes.shape[1]} frames of {codes.shape[0]} codes, {kbps:.2f} kbps, {target.stat().st_size} bytes"
    )


def decode(
    file: Path,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    streams: int | None = None,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """A token file back to audio, by the codec that the file names.

    Parameters
    ----------
    file:
        A token file that songloom made.
    output:
        The sound file; without it FILE with the suffix .wav.
    streams:
        Use only the first codebooks.
    overwrite:
        Replace a file that is there.
    """
    import torch

    from songloom import checkpoint
    from songloom.audio import files
    from songloom.data.token_file import read_tokens
    from songloom.systems import registry

    target = output or file.with_suffix(".wav")
    _free(target, overwrite)
    files.checked_suffix(target)
    codes, header = read_tokens(file)
    codec = _codec(header.codec)
    if checkpoint.model_hash(registry.locate(header.codec)) != header.sha256:
        raise ValueError(f"{file} was made by other weights of {header.codec}")
    if streams is not None and not 1 <= streams <= header.streams:
        raise ValueError(f"{file} has 1 to {header.streams} streams, not {streams}")
    if header.frames != -(-header.samples // codec.hop_length) or header.codebook_size != codec.codebook_size:
        raise ValueError(f"{file} does not fit its codec: {header.frames} frames for {header.samples} samples")
    with torch.inference_mode():
        wave = codec.detokenize(torch.from_numpy(codes[:streams])[None], length=header.samples)[0]
    files.write(target, wave, codec.sample_rate)
    print(f"{target}: {wave.shape[-1] / codec.sample_rate:.1f} s")


def _free(path: Path, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise ValueError(f"{path} exists; choose another name or add --overwrite")


def _codec(name: str) -> Codec:
    from songloom.systems import registry
    from songloom.systems.roles import Codec

    system = registry.load(name)
    if not isinstance(system, Codec):
        raise ValueError(f"{name} is no codec but a {type(system).__name__}")
    return system
