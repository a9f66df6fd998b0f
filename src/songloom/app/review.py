"""What became of each file of a prepared folder: a table for programs, and a page with players for people."""

from __future__ import annotations

import csv
import io
from html import escape
from pathlib import Path

from songloom.audio import files
from songloom.audio.resample import resample
from songloom.data.manifest import write_atomically
from songloom.data.prepare.pipeline import Prepared
from songloom.data.prepare.verdicts import Verdict
from songloom.metrics.bench.as_html import PLAYED_RATE, bullets, page, sound_of

COLUMNS = (
    *("file", "kept", "why", "copy_of", "split", "group", "artist", "start", "seconds"),
    *("sample_rate", "channels", "loudness"),
    *("silent", "clipped", "tempo", "tempo_confidence", "key", "key_confidence", "captions"),
)
PLAYED_SECONDS = 10
SHOWN = 2000
"""Rows of the page; the table has all."""


def write_review(folder: Path, out: Path, made: Prepared, *, players: int = 50) -> tuple[Path, Path]:
    """Write `review.csv` and `review.html`, which needs nothing else; gives their paths."""
    table = io.StringIO()
    lines = csv.writer(table)
    lines.writerow(COLUMNS)
    rows = [cells(one) for one in made.verdicts]
    lines.writerows([[safe(row[name]) for name in COLUMNS] for row in rows])
    paths = out / "review.csv", out / "review.html"
    write_atomically(paths[0], table.getvalue())
    write_atomically(paths[1], as_page(folder, made, players))
    return paths


def cells(one: Verdict) -> dict[str, str]:
    """A verdict as text by column."""
    found = {
        "file": one.entry.file,
        "kept": "yes" if one.kept else "no",
        "why": one.reason,
        "copy_of": one.copy_of,
        "split": one.split if one.kept else "",
        "group": one.group,
        "artist": one.entry.artist,
        "captions": " | ".join(f"{caption.source}: {caption.text}" for caption in one.entry.captions),
    }
    facts = one.facts.to_json() if one.facts else {}
    heard = {name: facts.get(name) for name in COLUMNS if name not in found}
    return found | {name: "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
                    for name, value in heard.items()}  # fmt: skip


def safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "@", "\t") else text


def as_page(folder: Path, made: Prepared, players: int) -> str:
    """The page: what was left out first, so that it can be heard and doubted."""
    ordered = sorted(made.verdicts, key=lambda one: (one.kept, one.entry.file))
    players_left = {id(one) for one in [one for one in ordered if one.facts][:players]}
    head = "".join(f"<th>{escape(name)}</th>" for name in (*COLUMNS, "listen"))
    lines = []
    for one in ordered[:SHOWN]:
        row = cells(one)
        text = "".join(f"<td>{escape(row[name][:300])}</td>" for name in COLUMNS)
        lines.append(f"<tr>{text}<td>{player(folder, one) if id(one) in players_left else ''}</td></tr>")
    kept = sum(one.kept for one in made.verdicts)
    parts = [
        f"<h1>{escape(str(folder))}</h1>",
        f"<p>{kept} of {len(made.verdicts)} files are kept.</p>",
        bullets(made.notes[:SHOWN]) if made.notes else "",
        f'<div class="wide"><table><tr>{head}</tr>{"".join(lines)}</table></div>',
    ]
    return page(f"Review of {folder}", parts)


def player(folder: Path, one: Verdict) -> str:
    """The middle of a file, or of its stretch, to listen to."""
    assert one.facts is not None
    seconds = min(PLAYED_SECONDS, one.facts.seconds)
    start = one.facts.start + (one.facts.seconds - seconds) / 2
    wave, rate = files.read(folder / one.entry.file, channels=1, start=start, seconds=seconds)
    return sound_of(resample(wave, rate, PLAYED_RATE))
