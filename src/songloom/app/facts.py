"""What `songloom inspect` tells of each kind of file: named facts, ready for JSON."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from songloom.data.token_header import MAGIC as LOOM

Facts = dict[str, Any]


def of(path: Path) -> Facts:
    """The facts of a file or checkpoint folder; its first bytes say which it is, and its name only where they do not.
    Raises ValueError for what is none that songloom knows, or damaged."""
    from songloom.published.files import SUFFIXES

    if path.is_dir():
        return checkpoint_facts(path)
    with path.open("rb") as file:
        start = file.read(8)
    kinds = ((LOOM, ".loom", loom_facts), (b"ECDC", ".ecdc", ecdc_facts), (b"\x93NUMPY", ".dac", dac_facts))
    for magic, _, tell in kinds:
        if start.startswith(magic):
            return tell(path)
    for _, suffix, tell in kinds:
        if path.suffix.lower() == suffix:
            return tell(path)
    return checkpoint_facts(path) if path.suffix.lower() in SUFFIXES else audio_facts(path)


def rates(path: Path, samples: int, channels: int, sample_rate: int) -> Facts:
    """Length, bitrate of the whole file, and how many times smaller it is than 16-bit PCM."""
    size, seconds = path.stat().st_size, samples / sample_rate
    return {
        "sample_rate": sample_rate,
        "channels": channels,
        "samples": samples,
        "seconds": seconds,
        "bytes": size,
        "kbps": 8 * size / seconds / 1000 if samples else None,
        "compression": 2 * samples * channels / size,
    }


def code_facts(pieces: Iterable[np.ndarray], streams: int, codebook_size: int) -> Facts:
    """How the codes [K, f] use their codebooks; all of the file is read, and so checked."""
    from songloom.data.code_usage import CodeUsage

    usage = CodeUsage(codebook_size)
    for codes in pieces:
        usage.add(codes)
    bits = float(np.log2(codebook_size))
    return {
        "streams": streams,
        "codebook_size": codebook_size,
        "used": [round(part, 4) for part in usage.used],
        "entropy_bits": [round(entropy, 3) for entropy in usage.entropy],
        "efficiency": round(sum(usage.entropy) / (bits * streams), 4) if usage.entropy else None,
    }


def loom_facts(path: Path) -> Facts:
    """Of a `.loom` file."""
    from songloom.data.token_file import TokenReader

    with TokenReader(path) as reader:
        header = reader.header
        return {
            "kind": "songloom tokens",
            "codec": header.codec,
            "codec_kind": header.kind,
            "codec_sha256": header.sha256,
            **rates(path, reader.samples, header.channels, header.sample_rate),
            "frames": reader.frames,
            "frame_rate": header.frame_rate,
            "chunks": reader.chunks,
            "entropy_coded": header.entropy,
            **code_facts(reader.pieces(), header.streams, header.codebook_size),
        }


def ecdc_facts(path: Path) -> Facts:
    """Of an `.ecdc` file."""
    from songloom.published.ecdc import BITS, EcdcReader

    reader = EcdcReader(path)
    header, layout = reader.header, reader.header.layout
    codes = () if header.lm else (piece.codes for piece in reader.pieces())
    return {
        "kind": "EnCodec tokens",
        "codec": header.model,
        **rates(path, header.samples, layout.channels, layout.sample_rate),
        "segments": header.segments,
        "frame_rate": layout.sample_rate / layout.hop_length,
        "entropy_coded": header.lm,
        **code_facts(codes, header.streams, 1 << BITS),
    }


def dac_facts(path: Path) -> Facts:
    """Of a `.dac` file. Its codebooks are of 1024 entries, or of more where codes need them."""
    from songloom.published import dac_file

    found = dac_file.read(path)
    channels, streams, frames = found.codes.shape
    size = max(1024, 1 << (int(found.codes.max())).bit_length())
    return {
        "kind": "DAC tokens",
        **rates(path, found.samples, channels, found.sample_rate),
        "frames": frames,
        "chunks": -(-frames // found.chunk_length),
        "loudness": found.loudness,
        **code_facts(found.codes, streams, size),
    }


def audio_facts(path: Path) -> Facts:
    """Of a sound file; its header is read, not its samples."""
    from songloom.audio import files

    info = files.info(path)
    return {
        "kind": "sound",
        "format": f"{info.format} {info.subtype}",
        **rates(path, info.frames, info.channels, info.sample_rate),
    }


def checkpoint_facts(path: Path) -> Facts:
    """Of a checkpoint, ours or published. Only the names and shapes of tensors are looked at where the file allows."""
    from songloom import checkpoint
    from songloom.published import load
    from songloom.published.files import Files

    files = Files(path)
    if path.is_dir() and "settings" in files.config:
        config = checkpoint.read_config(path)
        parts = sorted(part.parent.name for part in path.glob("parts/*/config.json"))
        return {
            "kind": "songloom checkpoint",
            "system": config["settings"].get("kind"),
            "sha256": config.get("sha256"),
            "parts": parts,
            "bytes": sum(file.stat().st_size for file in checkpoint.weights_files(path)),
        }
    families = [family.__name__.rsplit(".", 1)[-1] for family in load.families_of(files)]
    if len(families) != 1:
        raise ValueError(f"{path} is neither sound, nor tokens, nor a checkpoint that songloom knows")
    weights = path if path.is_file() else None
    size = weights.stat().st_size if weights else sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return {"kind": "published checkpoint", "family": families[0], "bytes": size}
