"""The table of captions that its owner may correct before anything is learned: captions.csv, and what was in it.

A cell counts as edited when it is not what was last written there (captions.written.json), so a caption that the folder
tells later still reaches a row that nobody touched.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from songloom.app.review import safe
from songloom.app.tuning.music import Music, labels_of
from songloom.conditioning.musical import key_number
from songloom.conditioning.notes import normal_key
from songloom.config import parsed
from songloom.data.manifest import Caption, text_of, write_atomically
from songloom.data.prepare.verdicts import Verdict

TABLE, WRITTEN = "captions.csv", "captions.written.json"
MOST_BYTES = 1 << 26
BETWEEN = " | "
"""Stands between the wordings of one piece."""
EDITED = "edited"
EDITABLE = ("use", "captions", "tempo", "key")
COLUMNS = ("file", *EDITABLE, "source", "seconds", "split")
NO = ("no", "n", "0", "false")
LEFT = "not wanted in captions.csv"
SLOWEST, FASTEST = 20.0, 400.0
Row = dict[str, str]


def reviewed(music: Music, home: Path, caption: Callable[[Music], Music]) -> Music:
    """The music as its owner wants it: tempo and key as the table says, captions that `caption` estimates with these,
    or those of the table; and the table written anew. Raises ValueError of one line for a table that cannot be read."""
    before, given = _written(home / WRITTEN), _given(home / TABLE)
    heard = {one.entry.file: row_of(one) for one in music.kept}
    edits = {file: edited(given[file], before.get(file, {})) for file in heard if file in given}
    music = caption(_each(music, edits, with_labels))
    fresh = {file: row | {"captions": captions_of(music, file)} for file, row in heard.items()}
    music = _each(music, edits, with_captions)
    _write(home, [row_of(one) for one in music.verdicts if one.entry.file in heard], fresh)
    return music


def _each(music: Music, edits: Mapping[str, Row], change: Callable[[Verdict, Row], Verdict]) -> Music:
    return replace(music, verdicts=tuple(change(one, edits.get(one.entry.file, {})) for one in music.verdicts))


def rows(home: Path) -> list[Row]:
    """The table as it stands."""
    return list(_given(home / TABLE).values())


def edit(home: Path, cells: Mapping[str, Mapping[str, str]]) -> None:
    """Changes cells of the table, by file, as its owner would. Raises ValueError for a file that it does not have, and
    for a tempo or a key that is none."""
    known = _given(home / TABLE)
    missing = sorted(cells.keys() - known.keys())
    if missing:
        raise ValueError(f"{TABLE} has no row of {missing[0]}")
    for file, changed in cells.items():
        _tempo(changed.get("tempo", ""), file)
        _key(changed.get("key", ""), file)
    _write_table(home, [row | dict(cells.get(file, {})) for file, row in known.items()])


def seen(home: Path) -> bool:
    """Whether a table was written there before."""
    return (home / TABLE).is_file()


def row_of(one: Verdict) -> Row:
    """A piece as text by column."""
    labels = labels_of(one)
    tempo = labels["tempo"]
    return {
        "file": one.entry.file,
        "use": "yes" if one.kept else "no",
        "captions": BETWEEN.join(caption.text for caption in one.entry.captions),
        "tempo": f"{tempo:g}" if isinstance(tempo, int | float) else "",
        "key": str(labels["key"] or ""),
        "source": ", ".join(dict.fromkeys(caption.source or "the folder" for caption in one.entry.captions)),
        "seconds": f"{one.facts.seconds:.1f}" if one.facts else "",
        "split": "" if not one.kept else "learned" if one.split == "train" else "held out",
    }


def captions_of(music: Music, file: str) -> str:
    """The cell of a piece's captions."""
    return next(row_of(one)["captions"] for one in music.verdicts if one.entry.file == file)


def edited(row: Row, before: Mapping[str, str]) -> Row:
    """The cells of a row that are not as they were written."""
    cells = {name: row.get(name, "").strip() for name in EDITABLE}
    return {name: text for name, text in cells.items() if text != before.get(name, "")}


def with_labels(one: Verdict, edits: Row) -> Verdict:
    """A piece with the tempo and key of edited cells. Raises ValueError, naming the file, for what is none."""
    labels: dict[str, Any] = dict(one.entry.labels)
    if "tempo" in edits:
        labels["tempo"] = _tempo(edits["tempo"], one.entry.file)
    if "key" in edits:
        labels["key"] = _key(edits["key"], one.entry.file)
    return replace(one, entry=replace(one.entry, labels=labels))


def with_captions(one: Verdict, edits: Row) -> Verdict:
    """A piece with the captions of an edited cell, left out where that is wanted."""
    entry = one.entry
    if "captions" in edits:
        texts = dict.fromkeys(text.strip() for text in edits["captions"].split(BETWEEN.strip()) if text.strip())
        known = {caption.text: caption for caption in entry.captions}
        entry = replace(entry, captions=tuple(known.get(text, Caption("sentence", text, EDITED)) for text in texts))
    wanted = edits.get("use", "yes").lower() not in NO
    return replace(one, entry=entry, reason=one.reason if wanted else LEFT)


def _tempo(text: str, file: str) -> float | None:
    try:
        tempo = float(text.replace(",", ".")) if text else None
    except ValueError:
        tempo = 0.0
    if tempo is not None and not SLOWEST <= tempo <= FASTEST:
        raise ValueError(f"{TABLE}, {file}: tempo must be {SLOWEST:g} to {FASTEST:g} beats per minute, not {text!r}")
    return tempo


def _key(text: str, file: str) -> str | None:
    try:
        key_number(normal_key(text)) if text else None
    except ValueError as error:
        raise ValueError(f"{TABLE}, {file}: {error}") from None
    return text or None


def _given(path: Path) -> dict[str, Row]:
    """The rows of a table by file, as spreadsheets write them: with commas, semicolons or tabs."""
    if not path.is_file():
        return {}
    text = text_of(path, MOST_BYTES)
    head = text.partition("\n")[0]
    divider = max(",;\t", key=head.count)
    lines = csv.DictReader(io.StringIO(text, newline=""), delimiter=divider)
    missing = [name for name in ("file", *EDITABLE) if name not in (lines.fieldnames or ())]
    if missing:
        raise ValueError(f"{path} has no column {', '.join(missing)}; remove it, and it is written anew")
    rows = {}
    for number, line in enumerate(lines, 2):
        row = {name: (line.get(name) or "").removeprefix("'") for name in COLUMNS}
        if row["file"] in rows:
            raise ValueError(f"{path}, row {number}: {row['file']} stands there twice")
        rows[row["file"]] = row
    return rows


def _written(path: Path) -> dict[str, Row]:
    """What the cells were when they were written."""
    found = parsed(text_of(path, MOST_BYTES)) if path.is_file() else {}
    return found if isinstance(found, dict) else {}


def _write(home: Path, rows: Iterable[Row], fresh: Mapping[str, Row]) -> None:
    before = {file: {name: row[name] for name in EDITABLE} for file, row in fresh.items()}
    write_atomically(home / WRITTEN, json.dumps(before, ensure_ascii=False))
    _write_table(home, rows)


def _write_table(home: Path, rows: Iterable[Row]) -> None:
    table = io.StringIO(newline="")
    lines = csv.writer(table)
    lines.writerow(COLUMNS)
    lines.writerows([[safe(row[name]) for name in COLUMNS] for row in rows])
    write_atomically(home / TABLE, table.getvalue())
