"""A worker of the queue as an actor on any machine of a Ray cluster."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError

from songloom.app import job_worker
from songloom.app.job_limits import Limits
from songloom.app.job_process import Worker

END_SECONDS = 10.0
"""Within which a killed actor is known to be gone."""


class Maker:
    """What runs there: the loop of a worker process, over the store that the keeper has."""

    def work(self, store: Any, folder: Path, number: int, limits: Limits) -> None:
        """Works until it is killed, from the folder where paths mean what they mean to the command."""
        os.chdir(folder)
        job_worker.keep_on(store, limits.together, limits.memory, number)


class WorkerActor(Worker):
    """An actor with a processor of its own. It ends with the keeper that began it, since that owns it."""

    def __init__(self, store: Any, folder: Path, limits: Limits, place: int) -> None:
        super().__init__()
        del folder, place  # the store knows where files lie
        self.number = secrets.randbits(48)  # process numbers are those of one machine
        actor: Any = ray.remote(Maker).options(num_cpus=1)
        self._actor = actor.remote()
        self._working = self._actor.work.remote(store, Path.cwd(), self.number, limits)

    def ended(self) -> str | None:
        return self._within(0.0)

    def kill(self) -> None:
        ray.kill(self._actor)
        self._within(END_SECONDS)

    def _within(self, seconds: float) -> str | None:
        done, _ = ray.wait([self._working], timeout=seconds)
        if not done:
            return None
        try:
            ray.get(done)
        except RayError as error:
            said = [line.strip() for line in str(error).splitlines() if line.strip()]
            return f"its worker ended: {said[-1] if said else type(error).__name__}"
        return "its worker ended"
