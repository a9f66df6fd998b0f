"""Files of prompts: JSON lines, plain text, and the tables of MusicCaps, Song Describer, AudioCaps and Clotho.

Every line or row becomes a `PromptRow`. Published evaluations name a generated file after the id that is used here
(MusicCaps: `ytid`, Song Describer: `caption_id`, AudioCaps: `audiocap_id`, Clotho: the file's name).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from songloom.config import parsed

SUFFIXES = (".jsonl", ".txt", ".csv")
OWN = ("id", "file")
"""What a JSON line may say of itself besides the fields of a request."""


@dataclass(frozen=True, slots=True)
class PromptRow:
    """One prompt. `number` of its line or row, from 1; `id` by which its music is named ("" without one); `texts`, of
    which the first is the prompt and others are further captions of the same music; `file` of the music, where the
    line says it; `recording`: the name, without suffix, of the recording that the captions describe ("" unknown);
    `fields`: whatever else a JSON line says."""

    number: int
    texts: tuple[str, ...]
    id: str = ""
    file: str = ""
    recording: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layout:
    """A published table: columns of the id, of the captions and of the recording's name. Where several rows describe
    one recording, each is a prompt of its own."""

    name: str
    id: str
    captions: tuple[str, ...]
    recording: str


LAYOUTS = (
    Layout("MusicCaps", "ytid", ("caption",), "ytid"),
    Layout("Song Describer", "caption_id", ("caption",), "path"),
    Layout("AudioCaps", "audiocap_id", ("caption",), "youtube_id"),
    Layout("Clotho", "file_name", tuple(f"caption_{i}" for i in range(1, 6)), "file_name"),
)


def read(path: Path) -> tuple[list[PromptRow], dict[int, str]]:
    """The prompts of a file, and one message for every line that is none, by its number. Raises ValueError for a file
    that is of no known kind, not UTF-8, or empty."""
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{path} ends in {path.suffix!r}; a file of prompts ends in {', '.join(SUFFIXES)}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None
    if path.suffix.lower() == ".csv":
        rows, bad = _table(path, text)
    else:
        rows, bad = _lines(path, text, json_lines=path.suffix.lower() == ".jsonl")
    if not rows and not bad:
        raise ValueError(f"{path} holds no prompt")
    seen: dict[str, int] = {}
    for row in rows:
        if row.id and seen.setdefault(row.id, row.number) != row.number:
            raise ValueError(f"{path} line {row.number}: the id {row.id!r} stands in line {seen[row.id]} too")
    return rows, bad


def _lines(path: Path, text: str, *, json_lines: bool) -> tuple[list[PromptRow], dict[int, str]]:
    good: list[PromptRow] = []
    bad: dict[int, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            good.append(_of_json(number, line) if json_lines else PromptRow(number, (line.strip(),)))
        except ValueError as error:
            bad[number] = f"{path} line {number}: {error}"
    return good, bad


def _of_json(number: int, line: str) -> PromptRow:
    try:
        data = parsed(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON: {error.msg} at letter {error.colno}") from None
    if not isinstance(data, dict) or not ("prompt" in data or "story" in data):
        raise ValueError('a line is a JSON object with a "prompt" or a "story"')
    own = {name: data.pop(name, "") for name in OWN}
    prompt = data.pop("prompt", "")
    if not all(isinstance(value, str) for value in (prompt, *own.values())):
        raise ValueError(f"prompt, {' and '.join(OWN)} must be text")
    name = checked_name(own["id"]) if own["id"] else ""
    return PromptRow(number, (prompt,), id=name, file=own["file"], recording=name, fields=data)


def _table(path: Path, text: str) -> tuple[list[PromptRow], dict[int, str]]:
    """Rows of a published table, told by its columns."""
    table = csv.DictReader(io.StringIO(text, newline=""))
    columns = set(table.fieldnames or ())
    layout = next((one for one in LAYOUTS if {one.id, one.recording, one.captions[0]} <= columns), None)
    if layout is None:
        known = "; ".join(f"{one.name}: {one.id}, {one.captions[0]}" for one in LAYOUTS)
        raise ValueError(
            f"{path} has the columns {', '.join(sorted(columns)) or 'none'}; tables that are known: {known}"
        )
    return _rows(path, layout, table)


def _rows(path: Path, layout: Layout, table: Iterator[dict[str, Any]]) -> tuple[list[PromptRow], dict[int, str]]:
    good: list[PromptRow] = []
    bad: dict[int, str] = {}
    for number, cells in enumerate(table, start=1):
        texts = tuple(text for name in layout.captions if (text := (cells.get(name) or "").strip()))
        recording = PurePosixPath(cells.get(layout.recording) or "").stem
        try:
            if not texts:
                raise ValueError("it has no caption")
            name = checked_name(recording if layout.id == layout.recording else cells[layout.id])
        except ValueError as error:
            bad[number] = f"{path} row {number}: {error}"
        else:
            good.append(PromptRow(number, texts, id=name, recording=recording))
    return good, bad


def checked_name(text: str) -> str:
    """An id that can name a file. Raises ValueError for one that cannot."""
    found = (text or "").strip()
    if not found or found[0] == "." or len(found) > 200 or set(found) & set("/\\:") or not found.isprintable():
        raise ValueError(f"the id {found[:40]!r} cannot name a file")
    return found
