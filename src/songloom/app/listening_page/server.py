"""The listening test over HTTP: a page, the rater's trial, answers, and that trial's clips. Nothing is uploaded."""

from __future__ import annotations

from importlib.resources import files

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import ASGIApp

from songloom.app.screen import errors
from songloom.app.serving import Guard, policy_of
from songloom.metrics.listening.session import Session, View

MOST_BYTES = 4096
WEEK = 7 * 24 * 3600


class Given(BaseModel):
    """Answers to one trial, as the page sends them; what they may be is the session's matter."""

    model_config = ConfigDict(extra="forbid", strict=True)

    position: int
    values: dict[str, int]
    heard: list[float] = Field(max_length=2)


def create(session: Session, hosts: frozenset[str] | None) -> ASGIApp:
    """The application. A rater is known by a cookie that scripts cannot read and other sites cannot send."""
    app = FastAPI(title="songloom listen", docs_url=None, redoc_url=None, openapi_url=None)
    cookie = f"rater-{session.design.fingerprint[:12]}"  # tests on other ports of this machine have their own
    page = (files(__package__) / "page.html").read_text(encoding="utf-8")

    def token(request: Request) -> str | None:
        return request.cookies.get(cookie)

    @app.get("/")
    def shown() -> HTMLResponse:
        return HTMLResponse(page)

    @app.get("/trial")
    def trial(request: Request) -> View:
        return session.view(token(request))

    @app.post("/begin")
    def begin(request: Request, response: Response) -> View:
        mine = session.begin(token(request))
        response.set_cookie(cookie, mine, max_age=WEEK, httponly=True, samesite="strict")
        return session.view(mine)

    @app.post("/answer")
    def answer(request: Request, given: Given) -> View:
        return session.answer(token(request), given.position, given.values, given.heard)

    @app.get("/clips/{identity}")
    def clip(request: Request, identity: str) -> FileResponse:
        path = session.clip(token(request), identity)
        if path is None:
            raise HTTPException(404)
        return FileResponse(path, media_type="audio/flac")

    @app.exception_handler(ValueError)
    def refused(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 400)

    @app.exception_handler(OSError)
    def unable(_: Request, error: Exception) -> JSONResponse:
        errors.print(f"songloom: {error}", markup=False, highlight=False, soft_wrap=True)
        return JSONResponse({"detail": "nothing was stored"}, 503)

    return Guard(app, MOST_BYTES, policy_of(page), hosts)
