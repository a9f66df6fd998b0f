"""The database of a listening test: its design, its raters, their answers. What was taken is on the disk.

SQLite in WAL mode with full synchronisation: an answer is acknowledged after it is on the disk, so neither a killed
process nor a power cut loses one. Raters and other processes (the report) may use the file at the same time.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from songloom.metrics.listening.design import Design

VERSION = 1
TABLES = """
CREATE TABLE test (design TEXT NOT NULL);
CREATE TABLE raters (
    number INTEGER PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    came TEXT NOT NULL DEFAULT current_timestamp
);
CREATE TABLE answers (
    rater INTEGER NOT NULL REFERENCES raters (number),
    position INTEGER NOT NULL,
    question TEXT NOT NULL,
    first TEXT NOT NULL,
    second TEXT NOT NULL,
    value INTEGER NOT NULL,
    heard REAL NOT NULL,
    came TEXT NOT NULL DEFAULT current_timestamp,
    PRIMARY KEY (rater, position, question)
);
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: `value` 1..100, or for two clips 1 (the first), -1 (the second), 0 (no difference); `heard` seconds
    were played before it was given."""

    rater: int
    position: int
    question: str
    first: str
    second: str
    value: int
    heard: float


class Storage:
    """The database at `path`, a test's own file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._open() as base:
            version = base.execute("PRAGMA user_version").fetchone()[0]
            if version != VERSION:
                raise ValueError(f"{path} is not a listening test of this version")
            (text,) = base.execute("SELECT design FROM test").fetchone()
        self.design = Design.from_text(text)

    @classmethod
    def create(cls, path: Path, design: Design) -> Storage:
        """A new database; it appears whole or not at all."""
        if path.exists():
            raise ValueError(f"{path} exists; a test is not written over")
        beside = path.with_name(f".{path.name}.part")
        beside.unlink(missing_ok=True)
        base = sqlite3.connect(beside)
        base.executescript(TABLES)
        with base:
            base.execute("INSERT INTO test VALUES (?)", (design.to_text(),))
        base.execute(f"PRAGMA user_version = {VERSION}")
        base.close()
        beside.rename(path)
        base = sqlite3.connect(path)
        base.execute("PRAGMA journal_mode = WAL")
        base.close()
        return cls(path)

    def enrol(self, most: int) -> str:
        """A new rater's token. Raises ValueError when there are `most` already."""
        token = secrets.token_urlsafe(24)
        with self._open() as base:
            base.execute("BEGIN IMMEDIATE")
            (count,) = base.execute("SELECT count(*) FROM raters").fetchone()
            if count >= most:
                raise ValueError(f"the test has its {most} raters")
            base.execute("INSERT INTO raters (number, token) VALUES (?, ?)", (count, token))
        return token

    def rater(self, token: str) -> int | None:
        """The number of the rater with this token."""
        with self._open() as base:
            row = base.execute("SELECT number FROM raters WHERE token = ?", (token,)).fetchone()
        return row[0] if row else None

    def raters(self) -> int:
        """How many have come."""
        with self._open() as base:
            return int(base.execute("SELECT count(*) FROM raters").fetchone()[0])

    def position(self, rater: int) -> int:
        """How many trials a rater has answered."""
        with self._open() as base:
            return _position(base, rater)

    def record(self, rater: int, position: int, clips: Sequence[str], values: Mapping[str, int], heard: float) -> bool:
        """Stores the answers to one trial, on the disk when this returns; False, and nothing stored, where the trial is
        not the rater's next."""
        first, second = clips[0], clips[1] if len(clips) > 1 else ""
        rows = [(rater, position, question, first, second, value, heard) for question, value in values.items()]
        with self._open() as base:
            base.execute("BEGIN IMMEDIATE")
            if _position(base, rater) != position:
                return False
            base.executemany(
                "INSERT INTO answers (rater, position, question, first, second, value, heard) VALUES (?,?,?,?,?,?,?)",
                rows,
            )
        return True

    def answers(self) -> list[Answer]:
        """All answers, by rater, trial and question."""
        with self._open() as base:
            rows = base.execute(
                "SELECT rater, position, question, first, second, value, heard FROM answers "
                "ORDER BY rater, position, question"
            ).fetchall()
        return [Answer(*row) for row in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One transaction on a connection of its own, so that every thread may ask."""
        if not self.path.is_file():
            raise ValueError(f"{self.path}: there is no listening test")
        base = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        try:
            base.execute("PRAGMA synchronous = FULL")
            yield base
            if base.in_transaction:
                base.execute("COMMIT")
        except sqlite3.OperationalError as error:  # a full disk, no permission
            raise OSError(f"{self.path}: {error}") from None
        except sqlite3.DatabaseError as error:
            raise ValueError(f"{self.path} cannot be used: {error}") from None
        finally:
            base.close()  # what was not committed is undone


def _position(base: sqlite3.Connection, rater: int) -> int:
    (last,) = base.execute("SELECT max(position) FROM answers WHERE rater = ?", (rater,)).fetchone()
    return 0 if last is None else last + 1
