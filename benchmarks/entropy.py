"""What entropy coding saves on the codes of real music, and what it costs: one table.

    python benchmarks/entropy.py FOLDER [--codec NAME] [--clips N] [--streams N]

Each clip is coded once; its codes are packed plainly and entropy-coded by the same writer that `songloom encode` uses.
Times are CPU time of one thread, for each code; "entropy" is that of single codes with their own clip's statistics
known for nothing, which a file would have to carry, so it is what counting without contexts cannot reach.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from machine import machine
from rich.console import Console
from rich.table import Table

from songloom.audio import files
from songloom.data import code_model
from songloom.data.bit_packing import code_bits, pack
from songloom.data.code_usage import CodeUsage
from songloom.data.manifest import AUDIO_SUFFIXES
from songloom.published.load import load
from songloom.systems.roles import Codec


@dataclass(frozen=True)
class Row:
    """One clip: bytes plain, entropy-coded, and by the entropy of single codes; microseconds of CPU for each code."""

    clip: str
    seconds: float
    plain: int
    coded: int
    single: float
    encode: float
    decode: float


def measured(name: str, seconds: float, codes: np.ndarray, codebook_size: int) -> Row:
    """The row of one clip's codes [K, F], in chunks of 30 s as in files. Raises ValueError when any code is lost."""
    size = max(1, min(codes.shape[1], round(codes.shape[1] * 30 / seconds)))
    chunks = np.array_split(codes, range(size, codes.shape[1], size), axis=1)
    begin = time.process_time()
    coded = [code_model.encode(chunk, codebook_size) for chunk in chunks]
    middle = time.process_time()
    decoded = [code_model.decode(d, *c.shape, codebook_size) for d, c in zip(coded, chunks, strict=True)]
    end = time.process_time()
    if not np.array_equal(np.concatenate(decoded, 1), codes):
        raise ValueError(f"{name} did not come back")
    usage = CodeUsage(codebook_size)
    usage.add(codes)
    return Row(
        clip=name,
        seconds=seconds,
        plain=len(pack(codes, code_bits(codebook_size))),
        coded=sum(map(len, coded)),
        single=sum(usage.entropy) * codes.shape[1] / 8,
        encode=1e6 * (middle - begin) / codes.size,
        decode=1e6 * (end - middle) / codes.size,
    )


def table(rows: list[Row]) -> Table:
    """All clips, and their means weighted by size."""
    shown = Table("clip", "s", "plain", "entropy-coded", "saved", "entropy", "encode, us/code", "decode, us/code")
    total = sum(row.plain for row in rows)
    mean = Row(
        clip="all",
        seconds=sum(row.seconds for row in rows),
        plain=total,
        coded=sum(row.coded for row in rows),
        single=sum(row.single for row in rows),
        encode=sum(row.encode * row.plain for row in rows) / total,
        decode=sum(row.decode * row.plain for row in rows) / total,
    )
    for row in [*rows, mean]:
        shown.add_row(
            row.clip,
            f"{row.seconds:.0f}",
            f"{row.plain:,}",
            f"{row.coded:,}",
            f"{100 * (1 - row.coded / row.plain):.1f} %",
            f"{100 * (1 - row.single / row.plain):.1f} %",
            f"{row.encode:.1f}",
            f"{row.decode:.1f}",
        )
    return shown


def main() -> None:
    """Reads the options, codes, prints."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--codec", default="spectral-codec")
    options.add_argument("--clips", type=int, default=10)
    options.add_argument("--streams", type=int)
    given = options.parse_args()
    torch.set_num_threads(1)
    codec = load(given.codec)
    if not isinstance(codec, Codec) or not codec.streams:
        raise SystemExit(f"{given.codec} is no codec with codes")
    rows = []
    for path in sorted(p for p in given.folder.rglob("*") if p.suffix.lower() in AUDIO_SUFFIXES)[: given.clips]:
        wave, rate = files.read(path, sample_rate=codec.sample_rate, channels=codec.channels)
        with torch.inference_mode():
            codes = codec.tokenize(wave[None], streams=given.streams)[0].numpy()
        rows.append(measured(path.name, wave.shape[1] / rate, codes, codec.codebook_size))
    if not rows:
        raise SystemExit(f"{given.folder} holds no sound files")
    Console().print(table(rows))
    print(json.dumps({"codec": given.codec, **machine()}))


if __name__ == "__main__":
    main()
