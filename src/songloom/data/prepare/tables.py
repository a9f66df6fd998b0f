"""Tables that describe music: the csv, tsv and json files of published data sets, told by their columns.

A table only names files and says things about them; what it names is looked for among the files that are there.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from songloom.config import parsed
from songloom.data.manifest import Caption, text_of
from songloom.data.prompt_sets import LAYOUTS

SUFFIXES = (".csv", ".tsv", ".json", ".jsonl")
MOST_BYTES = 1 << 30
SPLIT_NAMES = {
    **dict.fromkeys(("train", "training", "development", "dev"), "train"),
    **dict.fromkeys(("valid", "validation", "val"), "valid"),
    **dict.fromkeys(("test", "testing", "evaluation", "eval"), "test"),
}
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Said:
    """What a row says of a recording that goes by one of `names` (a path, or a file's name without suffix)."""

    names: tuple[str, ...]
    captions: tuple[Caption, ...] = ()
    labels: Mapping[str, Any] = field(default_factory=dict)
    artist: str = ""
    track: str = ""
    split: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A published table. `names` are patterns over the columns; `captions` and `tags` are columns (tags as a list, or
    separated by commas); so are the others, "" where the table has none."""

    name: str
    needs: tuple[str, ...]
    names: tuple[str, ...]
    captions: tuple[str, ...] = ()
    tags: str = ""
    title: str = ""
    artist: str = ""
    track: str = ""
    split: str = ""

    def said(self, row: Row) -> Said | None:
        """What a row says; None for one that names no recording."""
        if not all(row.get(column) for column in self.needs[:1]):
            return None
        known = _Blank(row)
        tags = _tags(_words(row, self.tags))
        captions = [Caption("sentence", text, self.source(one)) for one in self.captions if (text := _words(row, one))]
        captions += [Caption("tags", ", ".join(tags), self.source(self.tags))] if tags else []
        labels = {"tags": tags, "title": _words(row, self.title)}
        return Said(
            tuple(name for pattern in self.names if (name := pattern.format_map(known))),
            tuple(captions),
            {name: value for name, value in labels.items() if value},
            artist=f"{self.name} {artist}" if (artist := _words(row, self.artist)) else "",
            track=f"{self.name} {track}" if (track := _words(row, self.track)) else "",
            split=SPLIT_NAMES.get(_words(row, self.split).lower(), ""),
        )

    def source(self, column: str) -> str:
        return self.name if column in ("caption", "tags") else f"{self.name} {column}"


class _Blank(dict[str, str]):
    """Columns by name; what a row lacks is empty."""

    def __missing__(self, key: str) -> str:
        return ""


WRITTEN = tuple(f"caption_{kind}" for kind in ("writing", "summary", "paraphrase"))
PROMPTED = {
    one.name: Table(one.name, (one.recording, one.captions[0]), (f"{{{one.recording}}}",), one.captions)
    for one in LAYOUTS
}
TABLES = (
    Table(
        "LP-MusicCaps-MC",
        ("ytid", "caption_writing"),
        ("{ytid}", "[{ytid}]-[{start_s}-{end_s}]", "{fname}"),
        (*WRITTEN, "caption_ground_truth"),
        "aspect_list",
        track="ytid",
    ),
    Table(
        "LP-MusicCaps",
        ("track_id", "caption_writing"),
        ("{path}", "{track_id}"),
        WRITTEN,
        "tag",
        "title",
        "artist_name",
        "track_id",
    ),
    replace(
        PROMPTED["MusicCaps"],
        names=("{ytid}", "[{ytid}]-[{start_s}-{end_s}]", "{ytid}_{start_s}"),
        tags="aspect_list",
        track="ytid",
    ),
    replace(PROMPTED["Song Describer"], names=("{path}", "{track_id}"), artist="artist_id", track="track_id"),
    replace(
        PROMPTED["AudioCaps"],
        names=("{youtube_id}", "Y{youtube_id}", "{youtube_id}_{start_time}", "{audiocap_id}"),
        track="youtube_id",
    ),
    replace(PROMPTED["Clotho"], names=("{file_name}",)),
    Table("MTG-Jamendo", ("PATH", "TRACK_ID", "TAGS"), ("{PATH}",), tags="TAGS", artist="ARTIST_ID", track="TRACK_ID"),
    Table(
        "FMA",
        ("track_id", "track.title", "artist.name"),
        ("{track_id:0>6}",),
        tags="track.genre_top",
        title="track.title",
        artist="artist.name",
        split="set.split",
    ),
    Table("MTAT", ("mp3_path", "clip_id", "TAGS"), ("{mp3_path}",), tags="TAGS"),
    Table(
        "MTAT",
        ("mp3_path", "clip_id", "original_url"),
        ("{mp3_path}",),
        title="title",
        artist="artist",
        track="original_url",
    ),
)
"""The first whose columns a file has reads it."""


def read(path: Path) -> list[Said]:
    """What a file says; [] for a file that is no such table. Raises ValueError for one that is, and is damaged."""
    found: list[Said] = []
    table: Table | None = None
    for row in rows(path):
        if table is None:
            table = next((one for one in TABLES if set(one.needs) <= row.keys()), None)
            if table is None:
                return []
        said = table.said(row)
        if said is not None:
            found.append(said)
    return found


def rows(path: Path) -> Iterator[Row]:
    """The rows of a table of any of the shapes, as text by column. Raises ValueError for what cannot be read."""
    text = text_of(path, MOST_BYTES)
    if path.suffix.lower() == ".json":
        found = parsed(text)
        yield from _flat(found if isinstance(found, list) else [])
    elif path.suffix.lower() == ".jsonl":
        yield from _flat(parsed(line) for line in text.splitlines() if line.strip())
    else:
        try:
            yield from _lines(text)
        except csv.Error as error:
            raise ValueError(f"{path}: {error}") from None


def _flat(records: Any) -> Iterator[Row]:
    for record in records:
        if isinstance(record, dict):
            yield {
                name: ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
                for name, value in record.items()
            }


def _lines(text: str) -> Iterator[Row]:
    head = text[: text.find("\n")] if "\n" in text else text
    lines = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in head else ",")
    names = next(lines, [])
    if (
        names[:1] == [""] and len(set(names[1:])) < len(names) - 1
    ):  # FMA's tracks.csv: two rows of names and one of an index
        names = _joined(names, next(lines, []), next(lines, []))
    marks = _one_hot(names)
    for cells in lines:
        row = dict(zip(names, cells, strict=False))
        if marks:
            row["TAGS"] = ", ".join(names[i] for i in marks if i < len(cells) and cells[i] == "1")
        elif names[-1:] == ["TAGS"]:  # MTG-Jamendo: a tag a column, as mood/theme---happy
            row["TAGS"] = ", ".join(tag.rpartition("---")[2] for tag in cells[len(names) - 1 :])
        yield row


def _joined(above: Sequence[str], below: Sequence[str], index: Sequence[str]) -> list[str]:
    names = [f"{one}.{other}" for one, other in zip(above, below, strict=False)]
    return [*index[:1], *names[1:]]


def _one_hot(names: Sequence[str]) -> range:
    """MTAT's annotations_final.csv: a column for each tag between the clip's number and its path."""
    found = len(names) > 3 and names[0] == "clip_id" and names[-1] == "mp3_path" and "artist" not in names[:5]
    return range(1, len(names) - 1) if found else range(0)


def _words(row: Row, column: str) -> str:
    """A cell's text; "" for a column that the table does not have ("" itself may name one: an index without a name)."""
    return " ".join((row.get(column) or "").split()) if column else ""


def _tags(text: str) -> list[str]:
    """The tags of a cell: "['a', 'b']", as Python writes lists, or "a, b"."""
    inner = text.strip().removeprefix("[").removesuffix("]")
    return [tag for part in inner.split(",") if (tag := part.strip().strip("\"'").strip())]
