"""Fine-tunings of a server: each a folder with its owner's music, its captions, and the model that comes of it.

tunings/ID/tuning.json tells what is wanted and which jobs worked on it; files/ holds the music under names of the
server's own, run/ what a run of `songloom finetune` leaves. All of it outlives the server.
"""

from __future__ import annotations

import json
import secrets
import shutil
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Literal

from songloom.app.job_limits import Full
from songloom.app.job_store import ENDED, Job
from songloom.app.job_tuning import FILES, RUN, Stage, TuningTask
from songloom.app.jobs import JobQueue
from songloom.app.service.bounds import Bounds
from songloom.app.service.models import Served, Shelf
from songloom.app.service.uploads import nameless
from songloom.app.tuning import captions
from songloom.app.tuning.steps import Tuning
from songloom.config import parsed
from songloom.data.manifest import text_of, write_atomically

NAME = "tuning.json"
SOUND, WORDS = ".wav", ".txt"
State = Literal["collecting", "listening", "review", "learning", "done", "failed", "cancelled"]
WORKING: tuple[State, ...] = ("listening", "learning")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is known of a tuning beside its files: `model` is the served name of its base at `place`; `pieces` are the
    uploaded files by the server's name, each under its owner's with its seconds; `jobs` the last one of each stage."""

    id: str
    owner: str
    name: str
    model: str
    place: str
    rank: int
    steps: int
    created: float
    pieces: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    jobs: Mapping[Stage, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        return sum(seconds for _, seconds in self.pieces.values())


class Tunings:
    """All of a server. Threads may share it."""

    def __init__(self, folder: Path, queue: JobQueue, shelf: Shelf, bounds: Bounds) -> None:
        self.folder, self.queue, self.shelf, self.bounds = folder, queue, shelf, bounds
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def create(self, owner: str, name: str, model: str | None, rank: int, steps: int) -> Record:
        """A new one. Raises ValueError for a model that there is not, Full for one too many of an owner."""
        base = self.shelf.find(model, "generator")
        with self._lock:
            mine = self.every(owner)
            if len(mine) >= self.bounds.tunings:
                raise Full(f"{len(mine)} tunings are kept already; delete one")
            if name in {one.name for one in mine} | self.shelf.models.keys():
                raise ValueError(f"there is a model or a tuning {name!r} already")
            identity = secrets.token_hex(8)
            (self.folder / identity / FILES).mkdir(parents=True)
            record = Record(
                id=identity, owner=owner, name=name, model=base.name, place=base.place, rank=rank, steps=steps,
                created=time.time(),
            )  # fmt: skip
            return self._keep(record)

    def every(self, owner: str) -> list[Record]:
        """Those of an owner, the latest first."""
        found = [self._read(path.name) for path in self.folder.iterdir() if (path / NAME).is_file()]
        return sorted((one for one in found if one.owner == owner), key=lambda one: -one.created)

    def find(self, identity: str, owner: str) -> Record | None:
        """One of an owner; None where there is none."""
        known = (self.folder / identity / NAME).is_file()
        record = self._read(identity) if known else None
        return record if record is not None and record.owner == owner else None

    def place(self, record: Record) -> Path:
        """Its folder."""
        return self.folder / record.id

    def tuning(self, record: Record) -> Tuning:
        """Its run."""
        return self._task(record, "learn").tuning()

    def add(self, record: Record, file: Path, name: str, seconds: float) -> Record:
        """Takes a file over: a plain wave of so many seconds, or (0) the words of a sound of the same name. Raises
        ValueError for words that are none, Full for more than may be kept."""
        if not seconds:
            with nameless(file):
                text_of(file)
        pure = PurePosixPath(name)
        with self._lock:
            record = self._read(record.id)
            self._check_room(record, file.stat().st_size)
            stored = stored_name(record, pure, SOUND if seconds else WORDS)
            file.rename(self.place(record) / FILES / stored)
            return self._keep(replace(record, pieces={**record.pieces, stored: (pure.name, seconds)}))

    def begin(self, record: Record, stage: Stage) -> Record:
        """Queues a stage. Raises ValueError where there is no music, Full where the queue has no room."""
        if not record.seconds:
            raise ValueError("there is no music yet; upload some")
        job = self.queue.submit(self._task(record, stage), owner=record.owner)
        with self._lock:
            known = self._read(record.id)
            return self._keep(replace(known, jobs={**known.jobs, stage: job.id}))

    def edit(self, record: Record, cells: Mapping[str, Mapping[str, str]]) -> None:
        """Corrects captions, by the owner's names of the files."""
        stored = {name: file for file, (name, _) in record.pieces.items()}
        unknown = sorted(cells.keys() - stored.keys())
        if unknown:
            raise ValueError(f"there is no file {unknown[0]!r}")
        with self._lock:
            captions.edit(self.tuning(record).home, {stored[name]: row for name, row in cells.items()})

    def state(self, record: Record) -> tuple[State, Job | None]:
        """Where it stands, and the job that brought it there."""
        stages: tuple[tuple[Stage, State, State], ...] = (
            ("learn", "learning", "done"),
            ("listen", "listening", "review"),
        )
        for stage, working, ended in stages:
            job = self._job(record.jobs.get(stage))
            if job is not None and job.state not in ENDED:
                return working, job
            if job is not None and job.state != "done":
                return ("failed" if job.state == "failed" else "cancelled"), job
            if stage in record.jobs and (self.tuning(record).checkpoint.is_file() or stage == "listen"):
                return ended, job
        return "collecting", None

    def delete(self, record: Record) -> None:
        """Forgets it with its music and its model."""
        shutil.rmtree(self.place(record), ignore_errors=True)

    def served(self, owner: str) -> dict[str, Served]:
        """The models that came of an owner's tunings, by their names."""
        found = {}
        for record in self.every(owner):
            base = self.shelf.models.get(record.model)
            if base is not None and base.error is None and self.state(record)[0] == "done":
                loras = (str(self.place(record) / RUN),)
                summary = f"{record.model}, which learned {len(record.pieces)} files"
                found[record.name] = replace(base, name=record.name, loras=loras, summary=summary)
        return found

    def _task(self, record: Record, stage: Stage) -> TuningTask:
        return TuningTask(
            place=str(self.place(record)),
            stage=stage,
            model=record.place,
            music=record.seconds,
            rank=record.rank,
            changes={"recipe.steps": str(record.steps)},
        )

    def _job(self, identity: str | None) -> Job | None:
        """A job; None for one that was deleted."""
        try:
            return self.queue.job(identity) if identity else None
        except ValueError:
            return None

    def _check_room(self, record: Record, more: int) -> None:
        if len(record.pieces) >= self.bounds.pieces:
            raise Full(f"{len(record.pieces)} files are kept of this tuning already; that is the most")
        used = sum(path.stat().st_size for path in self.folder.glob(f"*/{FILES}/*"))
        if used + more > self.bounds.pieces_bytes:
            raise Full(f"the music of all tunings would take {used + more} bytes; {self.bounds.pieces_bytes} may")

    def _read(self, identity: str) -> Record:
        told = parsed(text_of(self.folder / identity / NAME))
        pieces = {file: (str(name), float(seconds)) for file, (name, seconds) in told["pieces"].items()}
        return Record(**{**told, "pieces": pieces})

    def _keep(self, record: Record) -> Record:
        write_atomically(self.place(record) / NAME, json.dumps(asdict(record), ensure_ascii=False))
        return record


def stored_name(record: Record, name: PurePosixPath, suffix: str) -> str:
    """The server's name for a file of its owner's: that of an earlier one of the same name, else that of its words or
    its sound with this suffix, else the next number."""
    numbers = {file: PurePosixPath(file).stem for file in record.pieces}
    same = [file for file, (known, _) in record.pieces.items() if known == name.name]
    if same:
        return same[0]
    for file, (known, _) in record.pieces.items():
        if PurePosixPath(known).stem == name.stem and f"{numbers[file]}{suffix}" not in record.pieces:
            return f"{numbers[file]}{suffix}"
    return f"{1 + max(map(int, numbers.values()), default=0):05d}{suffix}"
