"""`songloom serve`: the models over HTTP."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from songloom.app.screen import errors

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from songloom.app.service.plan import Plan

TOKEN = "SONGLOOM_TOKEN"


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Options:
    """What a server is told at the command line."""

    model: Annotated[tuple[str, ...], Parameter(negative="")] = ()
    """NAME=PLACE, or an embedded name; PLACE is a folder, ours or published, or a hub id. Clients know the names only.
    May be given many times; without it the embedded models."""
    folder: Path = Path("served")
    """Where jobs, their results and their history lie. One server has it."""
    host: str = "127.0.0.1"
    """The address to listen on; another than this machine's own needs a token."""
    tokens: Path | None = None
    """A file with a token a line, each of its own client; without it the token is in the environment, as
    SONGLOOM_TOKEN."""
    workers: int = 1
    """Processes that make music, each with models of its own in memory."""
    together: int = 8
    """Jobs for one model and one length that a worker makes at once, as far as there is memory; 1 makes each alone."""
    seconds: float = 600.0
    """The longest music that is made, and the longest sound that is taken."""
    waiting: int = 100
    """How many jobs may wait."""
    waiting_of_owner: int = 20
    """How many of them may be one client's."""
    upload_mb: float = 100.0
    """The largest upload in millions of bytes."""
    rate: float = 20.0
    """Requests a second of one client; five seconds' worth may come at once."""
    patience: float = 10.0
    """Seconds that running jobs have when the server is told to end; what is not made then is made by the next one."""


NO_OPTIONS = Options()
"""When nothing is given."""


def serve(
    *, options: Options = NO_OPTIONS, port: int = 8766, ray: str | None = None, replicas: int | None = None
) -> None:
    """The models over HTTP: jobs, streams, encoding, embedding, tags.

    What each path takes and gives stands in /openapi.json of the running server, and in docs/server.md.

    songloom serve --model loom --model mine=runs/mine/best

    Parameters
    ----------
    port:
        The port; 0 takes a free one.
    ray:
        The address of a Ray cluster that serves and makes the music, or "local" to start one here; see docs/scale.md.
    replicas:
        With --ray, how many processes answer; 1 unless told.
    """
    if replicas is not None and (ray is None or replicas < 1):
        raise ValueError(f"--replicas {replicas} cannot be: it goes with --ray, and is at least 1")
    if ray is not None:
        _on_cluster(plan_of(options), ray, replicas or 1, options.host, port)
        return
    with application(options) as (app, facts):
        from songloom.app import serving

        serving.serve(app, options.host, port, lambda url: print(f"{url} {facts}", flush=True))


def _on_cluster(plan: Plan, address: str, replicas: int, host: str, port: int) -> None:
    try:
        from songloom.app.service import cluster
    except ModuleNotFoundError as error:
        raise ValueError(f"{error.name} is missing; pip install 'songloom[cluster]' brings it") from None
    facts = f"{replicas} replicas; {plan.facts}"
    cluster.run(plan, address, replicas, host, port, lambda url: print(f"{url} {facts}", flush=True))


@contextmanager
def application(options: Options) -> Iterator[tuple[ASGIApp, str]]:
    """The application, and a line about it; its queue closes with the block. Raises ValueError where one cannot be."""
    plan = plan_of(options)
    from songloom.app.jobs import JobQueue
    from songloom.app.service import server
    from songloom.app.service.gate import Tokens
    from songloom.app.service.models import shelf
    from songloom.app.service.state import Service

    queue = JobQueue(plan.folder, plan.limits, workers=plan.workers)
    try:
        with errors.status("looking at the models"):
            models = shelf(plan.places)
        for one in models.models.values():
            if one.error is not None:
                errors.print(f"songloom: {one.name}: {one.error}", markup=False, highlight=False, soft_wrap=True)
        app = server.create(Service.of(queue, models, plan.bounds), Tokens(plan.tokens), plan.hosts, plan.patience)
        yield app, f"{', '.join(models.models)}; {plan.facts}"
    finally:
        queue.close()


def plan_of(options: Options) -> Plan:
    """What a server was told, checked. Raises ValueError where it cannot be."""
    try:
        from songloom.app import serving
        from songloom.app.service.gate import Tokens
    except ModuleNotFoundError as error:
        raise ValueError(f"{error.name} is missing; pip install 'songloom[serve]' brings it") from None
    from songloom.app.job_limits import Limits
    from songloom.app.service.bounds import Bounds
    from songloom.app.service.plan import Plan

    tokens = _tokens(options.tokens)
    if not Tokens(tokens) and not serving.is_loopback(options.host):
        raise ValueError(f"{options.host} is for other machines: give --tokens FILE, or a token in {TOKEN}")
    return Plan(
        folder=options.folder,
        places=_places(options.model),
        tokens=tuple(tokens),
        hosts=serving.allowed_hosts(options.host),
        bounds=Bounds(
            upload_bytes=round(options.upload_mb * 1e6),
            sound_seconds=options.seconds,
            rate=options.rate,
            burst=max(1, round(5 * options.rate)),
        ),
        limits=Limits(
            seconds=options.seconds,
            waiting=options.waiting,
            waiting_of_owner=options.waiting_of_owner,
            together=options.together,
        ),
        workers=options.workers,
        patience=options.patience,
    )


def _tokens(path: Path | None) -> list[str]:
    """The tokens of a file, or that of the environment."""
    if path is None:
        return [token] if (token := os.environ.get(TOKEN)) else []
    found = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not found:
        raise ValueError(f"{path} holds no token")
    return found


def _places(models: tuple[str, ...]) -> dict[str, str]:
    """The places of models by their names. Raises ValueError for a name that is none or stands twice."""
    found: dict[str, str] = {}
    for text in models:
        name, equals, place = text.partition("=")
        if not name or "/" in name or (equals and not place):
            raise ValueError(f"--model takes NAME=PLACE or an embedded name, not {text!r}")
        if name in found:
            raise ValueError(f"--model {name} stands there twice")
        found[name] = place or name
    return found
