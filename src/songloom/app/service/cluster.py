"""The same server on a Ray cluster: Ray Serve spreads requests over replicas, and workers on any machine make music.

Each replica is the whole application. What there is once has one owner, the keeper: an actor beside the command, with
the one queue of the folder (SQLite is for one machine), kept sounds and tunings. Replicas and workers ask it by their
usual calls; files lie in the folder, which all machines share. A replica or a worker that is lost had nothing that is
missed; a keeper that is lost is started again on the folder, where all that is known of jobs lies.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import ray
from ray import serve
from ray.exceptions import RayActorError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
from starlette.types import ASGIApp

from songloom.app import serving
from songloom.app.jobs import JobQueue
from songloom.app.service import server
from songloom.app.service.cluster_worker import WorkerActor
from songloom.app.service.gate import Tokens
from songloom.app.service.models import Served, Shelf, Unavailable, shelf
from songloom.app.service.plan import Plan
from songloom.app.service.state import UPLOADS, Service
from songloom.app.service.tunings import Tunings
from songloom.app.service.uploads import Sounds
from songloom.data.ray_workers import connected
from songloom.data.workers import processors

REQUESTS = 256
"""Requests of one replica at a time; streams and events stay open for long."""
CALLS = 64
"""Questions that the keeper answers at a time."""


class Keeper:
    """The owner of what there is once. What hinders it is the answer to whatever it is asked."""

    def __init__(self, plan: Plan) -> None:
        self.parts: dict[str, Any] = {}
        self.error: Exception | None = None
        os.chdir(plan.here)
        try:
            start = partial(WorkerActor, Far(ray.get_runtime_context().current_actor, "store"))
            queue = JobQueue(plan.folder, plan.limits, workers=plan.workers, start=start)
            service = Service.of(queue, shelf(plan.places), plan.bounds)
        except (ValueError, OSError) as error:
            self.error = error
            return
        self.parts = {
            "queue": queue,
            "store": queue.store,
            "sounds": service.sounds,
            "tunings": service.tunings,
            "models": service.shelf.models,
        }

    def ask(self, part: str, method: str, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
        """What a method of a part gives."""
        if self.error is not None:
            raise self.error
        return getattr(self.parts[part], method)(*arguments, **named)


class Far:
    """A part of the keeper, as if it were in this process: the same methods, the same errors."""

    def __init__(self, keeper: Any, part: str) -> None:
        self._keeper, self._part = keeper, part

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method.startswith("_"):  # what pickle looks for
            raise AttributeError(method)
        return partial(self._ask, method)

    def _ask(self, method: str, *arguments: Any, **named: Any) -> Any:
        try:
            return ray.get(self._keeper.ask.remote(self._part, method, arguments, named))
        except RayTaskError as error:
            raise error.cause from None
        except RayActorError:
            raise Unavailable("the keeper of the jobs is starting again; try again soon") from None


class FarQueue(Far):
    """The queue of the keeper, which stays open when a replica ends."""

    def close(self, *, patience: float = 0.0) -> None:
        """Leaves it open."""


def application(plan: Plan, keeper: Any) -> ASGIApp:
    """The application of one replica."""
    os.chdir(plan.here)
    models: dict[str, Served] = Far(keeper, "models").copy()
    service = Service.sharing(
        cast(JobQueue, FarQueue(keeper, "queue")),
        cast(Sounds, Far(keeper, "sounds")),
        cast(Tunings, Far(keeper, "tunings")),
        Shelf(models),
        plan.bounds,
        plan.folder / UPLOADS,
    )
    return server.create(service, Tokens(plan.tokens), plan.hosts, plan.patience)


def run(plan: Plan, address: str, replicas: int, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serves a plan until Ctrl-C, by so many replicas on the cluster of an address. `announce` gets the server's
    address. Raises ValueError or OSError where the folder or the port cannot be used."""
    plan = replace(plan, here=Path.cwd(), folder=plan.folder.absolute())
    with serving.listening(host, port) as listener:  # to know early that it is free
        url, port = serving.address(host, listener), listener.getsockname()[1]
    connected(address, max(processors(), replicas + plan.workers))
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    actor: Any = ray.remote(Keeper).options(
        num_cpus=0, max_restarts=-1, max_concurrency=CALLS, scheduling_strategy=here
    )
    keeper, engine = actor.remote(plan), cast(Any, serve)
    queue = Far(keeper, "queue")
    queue.counts()  # raises what hinders it
    try:
        engine.start(http_options={"host": host, "port": port})
        engine.run(_deployment(plan, keeper, replicas).bind(), name="songloom", route_prefix="/")
        ended = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
        announce(url)
        ended.wait()
    finally:
        engine.shutdown()
        with suppress(Unavailable):
            queue.close(patience=plan.patience)
        ray.kill(keeper)


def _deployment(plan: Plan, keeper: Any, replicas: int) -> Any:
    """So many replicas of the application, each on a processor of its own."""

    def built() -> ASGIApp:
        return application(plan, keeper)

    engine = cast(Any, serve)
    return engine.deployment(
        engine.ingress(built)(),
        name="replica",
        num_replicas=replicas,
        max_ongoing_requests=REQUESTS,
        ray_actor_options={"num_cpus": 1},
    )
