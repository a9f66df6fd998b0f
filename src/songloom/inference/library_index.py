"""An index of a folder of sound: each window of each file is a row of numbers, and a search looks at all of them.

    index.sqlite   which files there are, as they were when they were heard, and which rows are theirs
    vectors.f16    the rows [N, E], float16, mapped into memory when they are searched

Rows of files that left are free, and new files take them. A row is written, and brought to the disk, before the table
knows of it; so what was interrupted goes on where it stopped, and a search never sees half a row.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from songloom.data.manifest import AUDIO_SUFFIXES
from songloom.data.workers import HERE, Workers, mapped
from songloom.inference.embedding import Space, embed_file
from songloom.systems.roles import Progress

FORMAT = 1
SAVE_SECONDS = 5.0
"""How much work may be lost when the power fails, about."""
CLOSER_LOOK = 64
"""Rows beyond those asked for that are compared in float32: products in float16 are off by under 0.001."""
TABLES = """
CREATE TABLE IF NOT EXISTS about (sha256 TEXT, width INTEGER, format INTEGER);
CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY, path TEXT UNIQUE, size INTEGER, changed INTEGER, error TEXT);
CREATE TABLE IF NOT EXISTS windows (
    row INTEGER PRIMARY KEY, file INTEGER REFERENCES files ON DELETE SET NULL, start REAL);
CREATE INDEX IF NOT EXISTS rows_of_files ON windows (file);
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A file that was found: its path in the library, the second where the window that fits best begins, and how well
    it fits, -1..1."""

    path: str
    second: float
    similarity: float


@dataclass(slots=True)
class Changes:
    """What an update did, in files; `unreadable` are all that are, with their errors."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heard:
    """A file of the library as it was heard: bytes, time of its last change in nanoseconds, where its windows begin in
    seconds, and the windows [W, E]; none, but an error, when it could not be read."""

    path: str
    size: int
    changed: int
    starts: Sequence[float] = ()
    vectors: Tensor | None = None
    error: str | None = None


@dataclass(frozen=True, eq=False)
class Hearing:
    """One file of a library through an embedder."""

    space: Space
    library: Path

    def __call__(self, path: str, told: tuple[int, int]) -> Heard:
        try:
            return Heard(path, *told, *embed_file(self.space.system, self.library / path))
        except (ValueError, OSError) as error:
            return Heard(path, *told, error=str(error))


class LibraryIndex:
    """The index of one library under one embedder, in a folder of its own."""

    def __init__(self, folder: Path, sha256: str, width: int) -> None:
        """Opens the index in `folder`, which is made where it is not there yet. Raises ValueError for what is no index
        of this embedder."""
        self.folder, self.width = Path(folder), width
        self.folder.mkdir(parents=True, exist_ok=True)
        self.rows_file = self.folder / "vectors.f16"
        self._mapped = torch.zeros(0, width, dtype=torch.float16)
        with self._table() as table:
            table.executescript(TABLES)
            about = (sha256, width, FORMAT)
            if not table.execute("SELECT * FROM about").fetchall():
                table.execute("INSERT INTO about SELECT ?, ?, ? WHERE NOT EXISTS (SELECT * FROM about)", about)
            if table.execute("SELECT * FROM about").fetchall() != [about]:
                raise ValueError(f"{self.folder} is the index of another embedder, or of another version of songloom")

    def update(
        self, library: Path, space: Space, *, workers: Workers = HERE, progress: Progress | None = None
    ) -> Changes:
        """Hears the files of `library` that are new or changed, and forgets those that left. What was heard stays when
        this is stopped. Raises ValueError for a folder without sound."""
        found = sounds(library)
        nameless = {path for path in found if path != path.encode("utf-8", "replace").decode("utf-8")}
        found = {path: told for path, told in found.items() if path not in nameless}
        known, changes = self._known(), Changes()
        gone = [path for path in known if path not in found]
        todo = [path for path in found if known.get(path, (0, 0, None))[:2] != found[path]]
        changes.removed, changes.changed = len(gone), sum(path in known for path in todo)
        changes.added = len(todo) - changes.changed
        self._forget(gone)
        pending: list[Heard] = []
        saved = time.monotonic()
        try:
            tasks = {path: (path, found[path]) for path in todo}
            for done, (_, heard) in enumerate(mapped(Hearing(space, library), tasks, workers), start=1):
                pending.append(heard)
                if progress:
                    progress(done / len(todo))
                if time.monotonic() - saved > SAVE_SECONDS:
                    self.add(pending)
                    pending, saved = [], time.monotonic()
        finally:
            self.add(pending)
        changes.unreadable = {path: error for path, (_, _, error) in self._known().items() if error}
        changes.unreadable |= {ascii(path): "the name is not UTF-8" for path in nameless}
        return changes

    def add(self, heard: Sequence[Heard]) -> None:
        """Takes files in, in place of what was known of them."""
        if not heard:
            return
        with self._table() as table:
            table.execute("BEGIN IMMEDIATE")
            free = _free(table)
            end: int = table.execute("SELECT coalesce(max(row) + 1, 0) FROM windows").fetchone()[0]
            with self.rows_file.open("r+b" if self.rows_file.exists() else "w+b") as rows:
                for one in heard:
                    table.execute("DELETE FROM files WHERE path = ?", (one.path,))
                    values = (one.path, one.size, one.changed, one.error)
                    file = table.execute(
                        "INSERT INTO files (path, size, changed, error) VALUES (?, ?, ?, ?)", values
                    ).lastrowid
                    for start, vector in zip(one.starts, () if one.vectors is None else one.vectors, strict=True):
                        row, end = (free.pop(), end) if free else (end, end + 1)
                        rows.seek(2 * self.width * row)
                        rows.write(vector.half().numpy().tobytes())
                        table.execute("INSERT OR REPLACE INTO windows VALUES (?, ?, ?)", (row, file, start))
                rows.flush()
                os.fsync(rows.fileno())

    def search(self, wanted: Tensor, count: int = 10) -> list[Hit]:
        """The `count` files whose best windows lie nearest to a vector [E] of length 1, the nearest first."""
        if wanted.shape != (self.width,):
            raise ValueError(f"the vector is {tuple(wanted.shape)}; the index has [{self.width}]")
        with self._table() as table:
            rows = self._rows(table)
            scores = (rows @ wanted.half()).float()
            scores[torch.tensor(_free(table), dtype=torch.int64)] = -torch.inf
            looked, hits = 0, list[Hit]()
            while len(hits) < count and looked < len(rows):  # a long file may have many windows among the nearest
                looked = min(4 * max(looked, count) + CLOSER_LOOK, len(rows))
                nearest = scores.topk(looked).indices
                exact, order = (rows[nearest].float() @ wanted).sort(descending=True, stable=True)
                hits = _files(table, nearest[order].tolist(), exact.tolist())[:count]
        return hits

    def size(self) -> tuple[int, int]:
        """How many files and windows it holds."""
        with self._table() as table:
            files: int = table.execute("SELECT count(*) FROM files WHERE error IS NULL").fetchone()[0]
            windows: int = table.execute("SELECT count(file) FROM windows").fetchone()[0]
        return files, windows

    def _rows(self, table: sqlite3.Connection) -> Tensor:
        """All rows [N, E], mapped, and kept so while there are no more. Raises ValueError when the file lacks some."""
        count: int = table.execute("SELECT coalesce(max(row) + 1, 0) FROM windows").fetchone()[0]
        if count == len(self._mapped):
            return self._mapped
        if not self.rows_file.exists() or self.rows_file.stat().st_size < 2 * self.width * count:
            raise ValueError(f"{self.rows_file} is damaged; delete {self.folder}, and it is made again")
        flat = torch.from_file(str(self.rows_file), shared=False, size=self.width * count, dtype=torch.float16)
        self._mapped = flat.view(count, self.width)
        return self._mapped

    def _known(self) -> dict[str, tuple[int, int, str | None]]:
        with self._table() as table:
            rows = table.execute("SELECT path, size, changed, error FROM files").fetchall()
        return {path: (size, changed, error) for path, size, changed, error in rows}

    def _forget(self, paths: Sequence[str]) -> None:
        with self._table() as table:
            table.executemany("DELETE FROM files WHERE path = ?", [(path,) for path in paths])

    @contextmanager
    def _table(self) -> Iterator[sqlite3.Connection]:
        """The open tables; what the block did is kept whole, or not at all when it fails."""
        path = self.folder / "index.sqlite"
        try:
            table = sqlite3.connect(path, timeout=60)
            try:
                table.execute("PRAGMA foreign_keys = ON")
                with table:
                    yield table
            finally:
                table.close()
        except sqlite3.OperationalError as error:
            raise OSError(f"{path}: {error}") from None
        except sqlite3.DatabaseError as error:
            raise ValueError(f"{path} is damaged ({error}); delete {self.folder}, and it is made again") from None


def _free(table: sqlite3.Connection) -> list[int]:
    """Rows that are no file's."""
    return [row for (row,) in table.execute("SELECT row FROM windows WHERE file IS NULL ORDER BY row DESC")]


def _files(table: sqlite3.Connection, rows: Sequence[int], similarities: Sequence[float]) -> list[Hit]:
    """The files whose rows these are, in this order, each with the first of its rows."""
    query = """SELECT row, path, start FROM windows JOIN files ON file = id
               WHERE row IN (SELECT value FROM json_each(?))"""
    known = {row: (path, start) for row, path, start in table.execute(query, (json.dumps(rows),))}
    hits: dict[str, Hit] = {}
    for row, similarity in zip(rows, similarities, strict=True):
        if row in known:
            path, start = known[row]
            hits.setdefault(path, Hit(path, start, similarity))
    return list(hits.values())


def sounds(library: Path) -> dict[str, tuple[int, int]]:
    """The sound files below a folder in order of their paths, hidden ones aside: bytes and time of the last change in
    nanoseconds. Raises ValueError when there are none."""
    if not library.is_dir():
        raise ValueError(f"{library} is not a folder")
    found = {}
    for folder, below, names in os.walk(library):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in names:
            if not name.startswith(".") and name.lower().endswith(AUDIO_SUFFIXES):
                path = Path(folder, name)
                if path.is_file():
                    told = path.stat()
                    found[path.relative_to(library).as_posix()] = (told.st_size, told.st_mtime_ns)
    if not found:
        raise ValueError(f"{library} holds no audio files ({', '.join(AUDIO_SUFFIXES)})")
    return dict(sorted(found.items()))
