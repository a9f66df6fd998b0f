"""What was measured of a file before, found by its content: facts as JSON, embeddings as arrays.

A file's place says all that a measurement depends on: the SHA-256 of the sound file, and that of how it is measured
(a network's facts, or the version of the measures). Nothing is ever stale, and a file that moves keeps its figures.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from songloom.data.manifest import write_atomically

MEASURES = "facts 1"
"""To be changed with every change of what `clip_facts` gives."""


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of measurements; None keeps nothing."""

    folder: Path | None

    def facts(self, content: str) -> dict[str, Any] | None:
        """The facts of a file by the hash of its content, or None."""
        path = self._path(MEASURES, content, ".json")
        if path is None or not path.is_file():
            return None
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:  # half of a file of a full disk: measured again
            return None
        return found if isinstance(found, dict) else None

    def keep_facts(self, content: str, facts: dict[str, Any]) -> None:
        """Keeps the facts of a file."""
        path = self._path(MEASURES, content, ".json")
        if path is not None:
            write_atomically(path, json.dumps(facts, ensure_ascii=False))

    def rows(self, how: str, content: str) -> np.ndarray | None:
        """The array that a network, known by `how`, gave for a file, or None."""
        path = self._path(how, content, ".npy")
        if path is None or not path.is_file():
            return None
        try:
            found: np.ndarray = np.load(path, allow_pickle=False)
        except (ValueError, EOFError):
            return None
        return found

    def keep_rows(self, how: str, content: str, rows: np.ndarray) -> None:
        """Keeps what a network gave for a file, as float32."""
        path = self._path(how, content, ".npy")
        if path is not None:
            data = io.BytesIO()
            np.save(data, rows.astype(np.float32), allow_pickle=False)
            write_atomically(path, data.getvalue())

    def _path(self, how: str, content: str, suffix: str) -> Path | None:
        if self.folder is None:
            return None
        return self.folder / hashlib.sha256(how.encode()).hexdigest()[:16] / content[:2] / f"{content}{suffix}"
