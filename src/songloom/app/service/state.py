"""What the routes of a server share: the queue, the models, kept sounds, and a desk for analyses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool

from songloom.app.job_limits import Full
from songloom.app.job_music import Music
from songloom.app.job_store import Job
from songloom.app.jobs import JobQueue
from songloom.app.service.asked import Wish
from songloom.app.service.bounds import Bounds
from songloom.app.service.decoding import Decoder
from songloom.app.service.figures import Figures
from songloom.app.service.models import Served, Shelf
from songloom.app.service.tunings import Tunings
from songloom.app.service.uploads import Sounds
from songloom.systems.roles import Progress

T = TypeVar("T")
UPLOADS = "uploads"
"""The folder of sounds on their way in, in that of the queue."""


class Desk:
    """Analyses, one at a time and off the event loop; so many may wait, and each may take so long."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds, self._turn, self._there = bounds, asyncio.Lock(), 0

    async def run(self, work: Callable[[Progress], T]) -> T:
        """What `work` gives; it is to call the progress that it gets, which raises once it took too long. Raises Full
        when too many wait."""
        if self._there >= self.bounds.analyses:
            raise Full(f"{self._there} analyses wait already; try again soon")
        self._there += 1
        try:
            async with self._turn:
                return await run_in_threadpool(work, self._watch())
        finally:
            self._there -= 1

    def _watch(self) -> Progress:
        until = time.monotonic() + self.bounds.analysis_seconds

        def watch(_: float) -> None:
            if time.monotonic() > until:
                raise ValueError(f"this takes longer than {self.bounds.analysis_seconds:g} s; send less")

        return watch


@dataclass(frozen=True, slots=True)
class Service:
    """All of a server but its routes."""

    queue: JobQueue
    shelf: Shelf
    bounds: Bounds
    sounds: Sounds
    decoder: Decoder
    desk: Desk
    figures: Figures
    uploads: Path
    tunings: Tunings

    @classmethod
    def of(cls, queue: JobQueue, shelf: Shelf, bounds: Bounds) -> Service:
        """A service in the queue's folder."""
        uploads = queue.folder / UPLOADS
        sounds, tunings = Sounds(uploads, bounds), Tunings(queue.folder / "tunings", queue, shelf, bounds)
        return cls.sharing(queue, sounds, tunings, shelf, bounds, uploads)

    @classmethod
    def sharing(
        cls, queue: JobQueue, sounds: Sounds, tunings: Tunings, shelf: Shelf, bounds: Bounds, uploads: Path
    ) -> Service:
        """A service on what others may have too; its own are what it measures and decodes with."""
        return cls(queue, shelf, bounds, sounds, Decoder(bounds), Desk(bounds), Figures(), uploads, tunings)

    def models(self, owner: str) -> dict[str, Served]:
        """The models that an owner may use: those of the server, and what came of the owner's own music."""
        return {**self.shelf.models, **self.tunings.served(owner)}

    def job(self, identity: str, owner: str) -> Job:
        """A job of an owner; another one's is as unknown as one that never was."""
        try:
            found = self.queue.job(identity)
        except ValueError:
            found = None
        if found is None or found.owner != owner:
            raise HTTPException(404, f"there is no job {identity!r}")
        return found

    def task(self, wish: Wish, owner: str) -> Music:
        """What a wish asks of a job, with the sounds of its owner. Raises ValueError when it cannot be met."""
        own = self.tunings.served(owner).get(wish.model or "")
        model = self.shelf.find(wish.model, "generator") if own is None else own
        task = wish.task(model.place, partial(self.sounds.load, owner=owner))
        task.request.check(frozenset(model.controls), model.name)
        return replace(task, loras=model.loras)

    def task_again(self, job: Job, seed: int, candidates: int) -> Music:
        """What was asked of a job of music, with its sounds and curves, under other seeds. Raises ValueError when its
        model is not served any more."""
        task = Music.of(job.task, self.queue.place(job.id))
        if (task.model, task.loras) not in {(one.place, one.loras) for one in self.models(job.owner).values()}:
            raise ValueError("the model that made it is not here any more")
        return replace(task, request=replace(task.request, seed=seed, candidates=candidates))


def owner_of(request: Request) -> str:
    """Who asks, as the gate found it."""
    return str(request.scope["owner"])
