"""`songloom serve`: the models over HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from songloom.app.screen import errors

TOKEN = "SONGLOOM_TOKEN"


def serve(
    *,
    model: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    folder: Path = Path("served"),
    host: str = "127.0.0.1",
    port: int = 8766,
    tokens: Path | None = None,
    workers: int = 1,
    seconds: float = 600.0,
    waiting: int = 100,
    waiting_of_owner: int = 20,
    upload_mb: float = 100.0,
    rate: float = 20.0,
    patience: float = 10.0,
) -> None:
    """The models over HTTP: jobs, streams, encoding, embedding, tags, measurements; docs/server.md tells more.

    songloom serve --model loom --model mine=runs/mine/best

    Parameters
    ----------
    model:
        NAME=PLACE, or an embedded name; PLACE is a folder, ours or published, or a hub id. Clients know the names
        only. May be given many times; without it the embedded models.
    folder:
        Where jobs, their results and their history lie. One server has it.
    host:
        The address to listen on; another than this machine's own needs a token.
    port:
        The port; 0 takes a free one.
    tokens:
        A file with a token a line, each of its own client; without it the token is in the environment, SONGLOOM_TOKEN.
    workers:
        Processes that make music, each with models of its own in memory.
    seconds:
        The longest music that is made, and the longest sound that is taken.
    waiting:
        How many jobs may wait.
    waiting_of_owner:
        How many of them may be one client's.
    upload_mb:
        The largest upload in millions of bytes.
    rate:
        Requests a second of one client; five seconds' worth may come at once.
    patience:
        Seconds that running jobs have when the server is told to end; what is not made then is made by the next one.
    """
    try:
        from songloom.app import serving
        from songloom.app.service import server
    except ModuleNotFoundError as error:
        raise ValueError(f"{error.name} is missing; pip install 'songloom[serve]' brings it") from None
    from songloom.app.job_estimate import Limits
    from songloom.app.jobs import JobQueue
    from songloom.app.service.bounds import Bounds
    from songloom.app.service.gate import Tokens
    from songloom.app.service.models import shelf
    from songloom.app.service.state import Service

    known = Tokens(_tokens(tokens))
    if not known and not serving.is_loopback(host):
        raise ValueError(f"{host} is for other machines: give --tokens FILE, or a token in {TOKEN}")
    bounds = Bounds(
        upload_bytes=round(upload_mb * 1e6), sound_seconds=seconds, rate=rate, burst=max(1, round(5 * rate))
    )
    limits = Limits(seconds=seconds, waiting=waiting, waiting_of_owner=waiting_of_owner)
    places = _places(model)
    queue = JobQueue(folder, limits, workers=workers)
    try:
        with errors.status("looking at the models"):
            models = shelf(places)
        for one in models.models.values():
            if one.error is not None:
                errors.print(f"songloom: {one.name}: {one.error}", markup=False, highlight=False, soft_wrap=True)
        app = server.create(Service.of(queue, models, bounds), known, serving.allowed_hosts(host), patience)
        facts = f"{', '.join(models.models)}; jobs in {folder}; {'tokens' if known else 'no token'} needed"
        serving.serve(app, host, port, lambda url: print(f"{url} {facts}", flush=True))
    finally:
        queue.close()


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
