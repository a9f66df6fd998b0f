"""What a codec keeps: ours with any number of books beside Griffin-Lim alone, Opus and MP3, on held-out music.

    python benchmarks/codec_quality.py --corpus corpus/ --real recordings/ --out runs/codec

Clips are the middles of held-out pieces (splits "valid" and "test") of a corpus of the band, and of the sound files
of a folder of real recordings, as one channel at the codec's sample rate. All measures are of waves: what the codec
decodes to, Griffin-Lim included.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import cyclopts
import torch
from coders import Coder, Copy, codec_coders, phase_free, program_coders
from cyclopts import Parameter
from machine import machine
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from torch import Tensor

from songloom.audio import files
from songloom.audio.agreement import tempo_agrees
from songloom.audio.features.key import estimate_key
from songloom.audio.features.tempo import estimate_tempo
from songloom.audio.loudness import loudness
from songloom.checkpoint import model_hash
from songloom.data import manifest
from songloom.data.manifest import Clip, write_atomically
from songloom.metrics.confidence import mean, share
from songloom.metrics.report import markdown_table, put_between
from songloom.metrics.spectral import audible_mel_distance, log_stft_distance, mel_distance, spectral_convergence
from songloom.systems import registry
from songloom.systems.roles import Codec

BOOKS = (1, 2, 3, 4, 8)
COLUMNS = {
    "kbps": ("kbps", "{:.2f}"),
    "mel_decibels": ("mel dB", "{:.2f}"),
    "audible_mel_decibels": ("to -60 dB", "{:.2f}"),
    "log_stft": ("log-STFT", "{:.2f}"),
    "convergence": ("convergence", "{:.2f}"),
    "tempo": ("tempo", "{:.0%}"),
    "key": ("key", "{:.0%}"),
    "loudness": ("LU", "{:.2f}"),
    "encode": ("encode", "{:.3f}"),
    "decode": ("decode", "{:.3f}"),
}
NOTE = (
    "Means over the clips. *mel dB*: mean absolute difference of 20 log10(max(mel, floor)), 128 Slaney mel bands of "
    "the amplitude STFT 2048/512, floor 1e-4; *to -60 dB*: the same with the floor 60 dB below the clip's loudest mel "
    "value, so that gaps too quiet to hear do not count. *log-STFT*: the same of single frequencies in nepers, floor "
    "80 dB below the loudest. *convergence*: the error of linear magnitudes relative to their norm. *tempo*: the "
    "copy's estimate is within 4 % of the original's; *key*: both estimates are the same (Griffin-Lim alone shows how "
    "much of a loss is the estimators'). *LU*: mean absolute difference of loudness. *encode*, *decode*: CPU seconds "
    "of one thread per second of audio, starting a program included. *kbps*: codes without entropy coding for the "
    "codec, whole files with their headers for Opus and MP3."
)


WIDTH = 120
"""Of the table where no terminal says how wide it may be."""
SILENT = 1e-3
"""Excerpts with no sample above this are left out."""


@dataclass(frozen=True)
class Excerpt:
    """Part of a clip: `wave` [1, T]."""

    name: str
    wave: Tensor


@dataclass(frozen=True)
class Heard:
    """What one copy is like beside its original; None where there is nothing to say. `encode` and `decode` are
    CPU seconds per second of audio."""

    clip: str
    kbps: float | None
    mel_decibels: float
    audible_mel_decibels: float
    log_stft: float
    convergence: float
    tempo: bool | None
    key: bool | None
    loudness: float | None
    encode: float | None
    decode: float | None


def main(
    *,
    model: str = "spectral-codec",
    corpus: Path | None = None,
    clips: int = 24,
    real: Path | None = None,
    seconds: float = 6.0,
    books: Annotated[tuple[int, ...], Parameter(consume_multiple=True)] = BOOKS,
    out: Path = Path("runs/codec-quality"),
    docs: Path | None = None,
) -> None:
    """Measure a codec beside Opus, MP3 and Griffin-Lim on held-out band music and on recordings.

    Parameters
    ----------
    model:
        An embedded codec's name or a checkpoint folder.
    corpus:
        A corpus of the band; its held-out splits are used.
    clips:
        Excerpts from the corpus.
    real:
        A folder of sound files, each of which gives one excerpt.
    seconds:
        Length of an excerpt.
    books:
        Numbers of codebooks to compare.
    out:
        Where codec-quality.json and codec-quality.md go.
    docs:
        A document with the markers of this table, to be filled in.
    """
    torch.set_num_threads(1)  # so that CPU time is what one core needs
    codec = registry.load(model)
    if not isinstance(codec, Codec):
        raise ValueError(f"{model} is a {type(codec).__name__}; this measures codecs")
    sets = {}
    if corpus is not None:
        sets["held-out band clips"] = held_out(corpus, clips, codec.sample_rate, seconds)
    if real is not None:
        sets["real recordings"] = recordings(real, codec.sample_rate, seconds)
    if not any(sets.values()):
        raise ValueError("there is nothing to measure on; give --corpus, --real or both")
    found, absent = program_coders()
    coders = [*codec_coders("codec", codec, books), phase_free(32), *found]
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as bars:  # fmt: skip
        tables = {name: compare(coders, some, codec.sample_rate, bars, name) for name, some in sets.items()}
    result = {
        "model": {"name": model, "sha256": model_hash(registry.locate(model))},
        "machine": machine(),
        "seconds": seconds,
        "sample_rate": codec.sample_rate,
        "missing_programs": absent,
        "sets": {
            name: {row: [asdict(one) for one in heard] for row, heard in table.items()}
            for name, table in tables.items()
        },
    }
    show(result, tables, out, docs)


def held_out(folder: Path, count: int, rate: int, seconds: float) -> list[Excerpt]:
    """Up to `count` excerpts, evenly from all held-out clips of a corpus."""
    kept = sorted((clip for clip in manifest.read(folder) if clip.split != "train"), key=lambda clip: clip.id)
    count = min(count, len(kept))
    return middles(folder, [kept[place * len(kept) // count] for place in range(count)], rate, seconds)


def recordings(folder: Path, rate: int, seconds: float) -> list[Excerpt]:
    """One excerpt of every sound file in a folder."""
    return middles(folder, manifest.scan(folder), rate, seconds)


def middles(folder: Path, clips: Sequence[Clip], rate: int, seconds: float) -> list[Excerpt]:
    """The middle `seconds` of clips as one channel at `rate` Hz; shorter clips whole, silent ones not at all."""
    found = []
    for clip in clips:
        start = max(0.0, (clip.seconds - seconds) / 2)
        wave, _ = files.read(folder / clip.audio, sample_rate=rate, channels=1, start=start, seconds=seconds)
        if wave.abs().max() > SILENT:
            found.append(Excerpt(clip.id, wave))
    return found


def compare(
    coders: Sequence[Coder], excerpts: Sequence[Excerpt], rate: int, bars: Progress, title: str
) -> dict[str, list[Heard]]:
    """Every excerpt through every coder: lists in the excerpts' order by the coders' names."""
    bar = bars.add_task(title, total=len(coders) * len(excerpts))
    table: dict[str, list[Heard]] = {coder.name: [] for coder in coders}
    for one in excerpts:
        for name, heard in listen(coders, one, rate):
            table[name].append(heard)
            bars.advance(bar)
    return table


@torch.inference_mode()
def listen(coders: Sequence[Coder], one: Excerpt, rate: int) -> Iterator[tuple[str, Heard]]:
    """One excerpt through every coder."""
    original = traits(one.wave, rate)
    for coder in coders:
        copy = coder.copy(one.wave, rate)
        yield coder.name, beside(copy, one, original, rate)


@dataclass(frozen=True)
class Traits:
    """What estimators say of a wave: beats per minute (0 for none), key (None for none), LUFS."""

    tempo: float
    key: str | None
    loudness: float


def traits(wave: Tensor, rate: int) -> Traits:
    """Of a wave [1, T]."""
    key = estimate_key(wave, rate)
    return Traits(estimate_tempo(wave, rate).bpm, key.name if key else None, loudness(wave, rate))


def beside(copy: Copy, one: Excerpt, original: Traits, rate: int) -> Heard:
    """All figures of one copy."""
    made, true, seconds = copy.wave, one.wave, one.wave.shape[-1] / rate
    now = traits(made, rate)
    difference = abs(now.loudness - original.loudness)
    return Heard(
        clip=one.name,
        kbps=copy.kbps,
        mel_decibels=mel_distance(made, true, rate),
        audible_mel_decibels=audible_mel_distance(made, true, rate),
        log_stft=log_stft_distance(made, true),
        convergence=spectral_convergence(made, true),
        tempo=tempo_agrees(now.tempo, original.tempo) if original.tempo else None,
        key=now.key == original.key if original.key else None,
        loudness=difference if math.isfinite(difference) else None,
        encode=None if copy.encode_seconds is None else copy.encode_seconds / seconds,
        decode=None if copy.decode_seconds is None else copy.decode_seconds / seconds,
    )


def cells(heard: Sequence[Heard]) -> list[str]:
    """Means and shares over the clips, as the table shows them."""
    row = []
    for field, (_, form) in COLUMNS.items():
        values = [value for one in heard if (value := getattr(one, field)) is not None]
        row.append(form.format(sum(values) / len(values)) if values else "-")
    return row


def intervals(table: dict[str, list[Heard]]) -> dict[str, dict[str, Any]]:
    """95 % intervals of all figures by coder, for the JSON file."""
    return {
        name: {
            field: asdict(share(values) if field in ("tempo", "key") else mean(values))
            for field in COLUMNS
            if (values := [value for one in heard if (value := getattr(one, field)) is not None])
        }
        for name, heard in table.items()
    }


def show(result: dict[str, Any], tables: dict[str, dict[str, list[Heard]]], out: Path, docs: Path | None) -> None:
    """Prints the tables and writes the files."""
    console, headers = Console(), ["", *(title for title, _ in COLUMNS.values())]
    if not console.is_terminal:
        console.width = WIDTH
    where, rate = result["machine"], result["sample_rate"]
    parts = []
    for name, table in tables.items():
        rows = [[coder, *cells(heard)] for coder, heard in table.items() if heard]
        count = max(len(heard) for heard in table.values())
        title = f"{count} {name}, {result['seconds']:g} s each, mono, {rate / 1000:g} kHz"
        screen = Table(*headers, title=title, box=SIMPLE, pad_edge=False)
        screen.columns[0].no_wrap = True
        for row in rows:
            screen.add_row(*row)
        console.print(screen)
        parts += [f"{title}:", markdown_table(headers, rows)]
    absent = result["missing_programs"]
    if absent:
        parts.append(f"Left out, because these programs are not installed: {', '.join(absent)}.")
        console.print(parts[-1])
    parts += [
        NOTE,
        f"Codec weights {result['model']['sha256'][:12]}; {where['cpu']}, one thread, torch {where['torch']}.",
    ]
    console.print(parts[-1], highlight=False)
    result["intervals"] = {name: intervals(table) for name, table in tables.items()}
    write_atomically(out / "codec-quality.json", json.dumps(result, indent=1) + "\n")
    write_atomically(out / "codec-quality.md", "\n\n".join(parts) + "\n")
    if docs is not None:
        put_between(docs, "codec-quality", "\n\n".join(parts))


if __name__ == "__main__":
    cyclopts.run(main)
