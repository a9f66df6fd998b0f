"""Codecs beside Opus and MP3 at matched bitrates, on any folder of music: a table and a picture of what they keep.

    python benchmarks/codecs.py MUSIC --codec spectral-codec dac_44khz/ --kbps 1.25 2.5 8 24 --out runs/codecs

Clips are the middles of the folder's sound files and, with --corpus, of held-out pieces of a corpus of the band, as
one channel at the highest sample rate of the codecs. All measures are of waves: what a codec decodes to, Griffin-Lim
included. A line "unquantised" decodes the latents as they are, where a codec has codes at all.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import cyclopts
import torch
from codec_report import NOTE, Row, plot, table
from coders import Coder, codec_coders, phase_free, program_coders
from cyclopts import Parameter
from hearing import Excerpt, beside, traits
from machine import machine
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from songloom.app.coding import load_codec
from songloom.audio import files
from songloom.data import manifest
from songloom.data.manifest import Clip, write_atomically
from songloom.metrics.report import markdown_table, put_between

KBPS = (0.3125, 0.625, 0.9375, 1.25, 1.5625, 2.5, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 64.0)
WIDTH = 160
"""Of the table where no terminal says how wide it may be."""
SILENT = 1e-3
"""Excerpts with no sample above this are left out."""


def main(
    music: Path | None = None,
    /,
    *,
    codec: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = ("spectral-codec",),
    corpus: Path | None = None,
    clips: int = 24,
    seconds: float = 6.0,
    kbps: Annotated[tuple[float, ...], Parameter(consume_multiple=True)] = KBPS,
    out: Path = Path("runs/codecs"),
    docs: Path | None = None,
) -> None:
    """Measure codecs beside Opus, MP3 and Griffin-Lim at matched bitrates.

    Parameters
    ----------
    music:
        A folder of sound files, each of which gives one excerpt.
    codec:
        Embedded names, checkpoint folders, published files or hub ids.
    corpus:
        A corpus of the band; its held-out splits are used.
    clips:
        The most excerpts of each.
    seconds:
        Length of an excerpt.
    kbps:
        Bitrates to compare at; a coder is left out where it has none so low or so high.
    out:
        Where codecs.json, codecs.md and codecs.png go.
    docs:
        A document with the markers of this table, to be filled in.
    """
    torch.set_num_threads(1)  # so that CPU time is what one core needs
    opened = [load_codec(name) for name in codec]
    rate = max(one.sample_rate for one, _ in opened)
    sets = {}
    if corpus is not None:
        sets["held-out band clips"] = held_out(corpus, clips, rate, seconds)
    if music is not None:
        sets["recordings"] = recordings(music, clips, rate, seconds)
    if not any(sets.values()):
        raise ValueError("there is nothing to measure on; give a folder of music, --corpus or both")
    found, absent = program_coders(kbps)
    coders = [coder for one, identity in opened for coder in codec_coders(identity.name, one, kbps)]
    coders += [phase_free(32), *found]
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as bars:  # fmt: skip
        rows = {name: compare(coders, some, rate, bars, name) for name, some in sets.items()}
    result = {
        "codecs": [{"name": identity.name, "sha256": identity.sha256} for _, identity in opened],
        "machine": machine(),
        "seconds": seconds,
        "sample_rate": rate,
        "missing_programs": absent,
    }
    show(result, rows, out, docs)


def held_out(folder: Path, count: int, rate: int, seconds: float) -> list[Excerpt]:
    """Up to `count` excerpts, evenly from all held-out clips of a corpus."""
    kept = sorted((clip for clip in manifest.read(folder) if clip.split != "train"), key=lambda clip: clip.id)
    return middles(folder, evenly(kept, count), rate, seconds)


def recordings(folder: Path, count: int, rate: int, seconds: float) -> list[Excerpt]:
    """Up to `count` excerpts, evenly from the sound files in a folder."""
    return middles(folder, evenly(manifest.scan(folder), count), rate, seconds)


def evenly(clips: Sequence[Clip], count: int) -> list[Clip]:
    """`count` clips, evenly from all; all where there are fewer."""
    count = min(count, len(clips))
    return [clips[place * len(clips) // count] for place in range(count)]


def middles(folder: Path, clips: Sequence[Clip], rate: int, seconds: float) -> list[Excerpt]:
    """The middle `seconds` of clips as one channel at `rate` Hz; shorter clips whole, silent ones not at all."""
    found = []
    for clip in clips:
        start = max(0.0, (clip.seconds - seconds) / 2)
        wave, _ = files.read(folder / clip.audio, sample_rate=rate, channels=1, start=start, seconds=seconds)
        if wave.abs().max() > SILENT:
            found.append(Excerpt(clip.id, wave))
    return found


@torch.inference_mode()
def compare(coders: Sequence[Coder], excerpts: Sequence[Excerpt], rate: int, bars: Progress, title: str) -> list[Row]:
    """Every excerpt through every coder."""
    bar = bars.add_task(title, total=len(coders) * len(excerpts))
    rows = [Row(coder) for coder in coders]
    for one in excerpts:
        original = traits(one.wave, rate)
        for row in rows:
            copy = row.coder.copy(one.wave, rate)
            row.heard.append(beside(copy, one, original, rate))
            if copy.codes is not None:
                row.codes.append(copy.codes)
            bars.advance(bar)
    return [row for row in rows if row.heard]


def show(result: dict[str, Any], sets: dict[str, list[Row]], out: Path, docs: Path | None) -> None:
    """Prints the tables and writes the files."""
    console, parts = Console(), []
    if not console.is_terminal:
        console.width = WIDTH
    for name, rows in sets.items():
        headers, cells = table(rows)
        count = max(len(row.heard) for row in rows)
        title = f"{count} {name}, {result['seconds']:g} s each, mono, {result['sample_rate'] / 1000:g} kHz"
        screen = Table(*headers, title=title, box=SIMPLE, pad_edge=False)
        screen.columns[0].no_wrap = True
        for line in cells:
            screen.add_row(*line)
        console.print(screen)
        parts += [f"{title}:", markdown_table(headers, cells)]
    if absent := result["missing_programs"]:
        parts.append(f"Left out, because these programs are not installed: {', '.join(absent)}.")
        console.print(parts[-1])
    weights = ", ".join(f"{one['name']} {one['sha256'][:12]}" for one in result["codecs"])
    where = result["machine"]
    parts += [NOTE, f"Codec weights: {weights}; {where['cpu']}, one thread, torch {where['torch']}."]
    console.print(parts[-1], highlight=False)
    result["sets"] = {
        name: {
            row.coder.name: {
                "family": row.coder.family,
                "figures": row.values,
                "intervals": row.intervals(),
                "clips": [asdict(one) for one in row.heard],
            }
            for row in rows
        }
        for name, rows in sets.items()
    }
    write_atomically(out / "codecs.json", json.dumps(result, indent=1) + "\n")
    write_atomically(out / "codecs.md", "\n\n".join(parts) + "\n")
    plot(out / "codecs.png", sets)
    if docs is not None:
        put_between(docs, "codec-quality", "\n\n".join(parts))


if __name__ == "__main__":
    cyclopts.run(main)
