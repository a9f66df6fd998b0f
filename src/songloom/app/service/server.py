"""The application: all routes under one gate, one form of error, an end that leaves nothing half done."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI, Request, Response, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from songloom import __version__
from songloom.app.job_limits import Full
from songloom.app.service import coding, evaluations, hearing, made, music, sounds, tuning
from songloom.app.service.doorway import Doorway
from songloom.app.service.gate import Gate, Tokens, refusal
from songloom.app.service.models import Unavailable
from songloom.app.service.state import Service
from songloom.app.service.told import Problem

SOON_SECONDS = 2.0
"""After which a full queue may be asked again."""
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (400, 401, 408, 413, 422, 429, 503)
}
SUMMARY = "Text in, music out: models, jobs, streams and analyses."


def create(service: Service, tokens: Tokens, hosts: frozenset[str] | None, patience: float) -> ASGIApp:
    """The application on a service. At its end, jobs that run have `patience` seconds; what is not made by then waits
    for the next server on the folder."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(partial(service.queue.close, patience=patience))

    app = FastAPI(title="songloom", version=__version__, summary=SUMMARY, docs_url=None, redoc_url=None, lifespan=life)
    known = [Security(HTTPBearer(auto_error=False))] if tokens else []
    for part in (music, made, sounds, coding, hearing, evaluations, tuning):
        app.include_router(part.routes(service), dependencies=known, responses=PROBLEMS)

    @app.get("/health")
    def health() -> dict[str, str]:
        """Whether the server answers."""
        return {"status": "ok"}

    @app.get(
        "/metrics",
        dependencies=known,
        response_class=PlainTextResponse,
        responses={status: PROBLEMS[status] for status in (401, 429)},
    )
    def metrics() -> Response:
        """What the server has done, as Prometheus reads it."""
        models = {name: "failed" if one.error else "ready" for name, one in service.shelf.models.items()}
        text = service.figures.text(service.queue.counts(), models)
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4")

    _errors(app)
    uploads = sounds.UPLOADS | coding.UPLOADS | hearing.UPLOADS | tuning.UPLOADS
    return Doorway(Gate(app, tokens, service.bounds, service.figures), service.bounds, uploads, hosts)


def _errors(app: FastAPI) -> None:
    """Each kind of error as one line with its status."""

    @app.exception_handler(RequestValidationError)
    def malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        return refusal(422, f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}")

    @app.exception_handler(405)
    def no_such_method(request: Request, _: Exception) -> JSONResponse:
        path = getattr(request.scope.get("route"), "path", "")
        allowed = ", ".join(method.upper() for method in app.openapi()["paths"].get(path, {"get": {}}))
        answer = refusal(405, f"{request.method} is not for this path; there is: {allowed}")
        answer.headers["Allow"] = allowed  # of all routes of the path, not of the first alone
        return answer

    @app.exception_handler(Full)
    def full(_: Request, error: Exception) -> JSONResponse:
        return refusal(429, str(error), SOON_SECONDS)

    @app.exception_handler(ValueError)
    def wrong(_: Request, error: Exception) -> JSONResponse:
        return refusal(400, " ".join(str(error).split()))

    @app.exception_handler(Unavailable)
    def unavailable(_: Request, error: Exception) -> JSONResponse:
        return refusal(503, str(error))

    @app.exception_handler(OSError)
    def unable(_: Request, error: OSError) -> JSONResponse:
        return refusal(503, f"the server could not do it: {error.strerror or 'its disk refused'}", SOON_SECONDS)
