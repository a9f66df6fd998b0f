"""A corpus of the built-in band: pieces composed, rendered, labelled and captioned into a data set's folder.

Piece i depends on (seed, i) alone, so an interrupted run goes on where it stopped, and jobs and order change
nothing: two runs write the same records and the same sound, to the last bit but one of rounding.

Layout: `audio/0000/000000.flac` (a thousand a folder), its record in `records/`, optional `stems/`,
`corpus.json` (how it was made) and, at the end, `manifest.jsonl`.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from songloom.band.captions import captions
from songloom.band.composer import draw
from songloom.band.labels import labels
from songloom.band.soundfonts import find_soundfonts
from songloom.data import manifest
from songloom.data.manifest import Clip
from songloom.data.workers import HERE, Workers, mapped

if TYPE_CHECKING:
    import numpy as np

    from songloom.band.piece import Piece

SAMPLE_RATE = 44100
VERSION = 2
_PER_FOLDER = 1000
_PROBES = 3

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What one corpus is: `seed` and the length of a piece in seconds; `stems` also writes every part alone."""

    seed: int
    seconds: float
    stems: bool


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a corpus would take: clips, bytes on disk, seconds of wall clock."""

    clips: int
    bytes: int
    wall_seconds: float


def write_corpus(
    out: Path,
    *,
    hours: float,
    seed: int,
    workers: Workers = HERE,
    stems: bool = False,
    seconds: float = 30.0,
    progress: Progress | None = None,
) -> list[Clip]:
    """Make (or finish, or extend) a corpus in `out`; returns its clips. `progress` hears (done, total)."""
    order = Order(seed, seconds, stems)
    total = count_clips(hours, seconds)
    _sign(out, order, hours)
    missing = [index for index in range(total) if not _is_done(out, index)]
    done = total - len(missing)
    if progress:
        progress(done, total)
    for _ in mapped(_make_quietly, {index: (out, order, index) for index in missing}, workers):
        done += 1
        if progress:
            progress(done, total)
    clips = [manifest.from_json(_record(out, index).read_text(encoding="utf-8")) for index in range(total)]
    manifest.write(out, clips)
    return clips


def count_clips(hours: float, seconds: float) -> int:
    """How many pieces of about `seconds` make `hours`, at least one."""
    if not 0.0 < hours <= 100_000.0:
        raise ValueError(f"hours is {hours}, but must be above 0 and at most 100000")
    if not 2.0 <= seconds <= 600.0:
        raise ValueError(f"seconds is {seconds}, but must be 2 to 600")
    return max(1, round(hours * 3600.0 / seconds))


def estimate(*, hours: float, seed: int, jobs: int = 1, stems: bool = False, seconds: float = 30.0) -> Estimate:
    """Disk and time that a corpus would take here, by rendering a few pieces of it into memory."""
    total = count_clips(hours, seconds)
    probes = min(total, _PROBES)
    _render(compose_piece(seed, 0, seconds), stems)  # the soundfonts load with the first piece
    start, size = time.perf_counter(), 0
    for index in range(probes):
        rendered = _render(compose_piece(seed, index, seconds), stems)
        for wave in (rendered.mix, *rendered.stems.values()):
            size += len(_flac(wave))
    taken = time.perf_counter() - start
    workers = max(1, min(jobs, os.cpu_count() or 1))
    return Estimate(total, round(size / probes * total), taken / probes * total / workers)


def piece_seed(seed: int, index: int) -> int:
    """The seed of piece `index` of the corpus `seed`: 48 well-mixed bits."""
    return int.from_bytes(hashlib.sha256(f"songloom band {seed} {index}".encode()).digest()[:6], "big")


def compose_piece(seed: int, index: int, seconds: float = 30.0) -> Piece:
    """Piece `index` of the corpus `seed`."""
    return draw(piece_seed(seed, index), seconds=seconds)


def make_clip(out: Path, order: Order, index: int) -> Clip:
    """Compose, render and write one piece; its record is written last and says that all the rest is there."""
    piece = compose_piece(order.seed, index, order.seconds)
    rendered = _render(piece, order.stems)
    audio = f"audio/{_place(index)}.flac"
    manifest.write_atomically(out / audio, _flac(rendered.mix))
    stems = {}
    for name, wave in sorted(rendered.stems.items()) if order.stems else ():
        stems[name] = f"stems/{_place(index)}/{_slug(name)}.flac"
        manifest.write_atomically(out / stems[name], _flac(wave))
    identity = f"{_slug(piece.style)}-{index:06d}"
    clip = Clip(
        id=identity,
        audio=audio,
        seconds=round(rendered.mix.shape[-1] / SAMPLE_RATE, 6),
        sample_rate=SAMPLE_RATE,
        channels=rendered.mix.shape[0],
        split=manifest.split_of(identity),
        captions=captions(piece, random.Random(f"captions {piece.seed}")),
        labels={**labels(piece), "loudness": round(float(rendered.loudness), 2), "seed": piece.seed},
        stems=stems,
    )
    manifest.write_atomically(_record(out, index), manifest.to_json(clip) + "\n")
    return clip


def _make_quietly(out: Path, order: Order, index: int) -> None:
    make_clip(out, order, index)


def _render(piece: Piece, stems: bool) -> Any:
    from songloom.band.render import render

    return render(piece, stems=stems)


def _flac(wave: np.ndarray) -> bytes:
    """A wave [C, T] in [-1, 1] as a 16-bit FLAC file."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, wave.T, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def _sign(out: Path, order: Order, hours: float) -> None:
    """Write `corpus.json`, or check that the one that is there was made by the same order and soundfonts."""
    path = out / "corpus.json"
    mine: dict[str, Any] = {
        "kind": "songloom band",
        "version": VERSION,
        **asdict(order),
        "sample_rate": SAMPLE_RATE,
        "soundfonts": [{"name": font.path.name, "bytes": font.path.stat().st_size} for font in find_soundfonts()],
    }
    if path.is_file():
        theirs = json.loads(path.read_text(encoding="utf-8"))
        differing = sorted(name for name in mine if theirs.get(name) != mine[name])
        if differing:
            told = "; ".join(f"{name} {theirs.get(name)!r} there, {mine[name]!r} asked" for name in differing)
            raise ValueError(f"{out} holds another corpus ({told}); choose another folder")
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"{out} exists and holds no corpus of the band; choose an empty folder")
    manifest.write_atomically(path, json.dumps({**mine, "hours": hours}, indent=2) + "\n")


def _is_done(out: Path, index: int) -> bool:
    return _record(out, index).is_file() and (out / f"audio/{_place(index)}.flac").is_file()


def _record(out: Path, index: int) -> Path:
    return out / f"records/{_place(index)}.json"


def _place(index: int) -> str:
    return f"{index // _PER_FOLDER:04d}/{index:06d}"


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
