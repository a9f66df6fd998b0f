"""The studio over HTTP: its page at /, in front of the routes of a server that has the models and the jobs."""

from __future__ import annotations

from importlib.resources import files

from fastapi.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from songloom.app.serving import Guard, policy_of


def create(service: ASGIApp, hosts: frozenset[str] | None) -> ASGIApp:
    """The application: whatever is not the page is the service's matter. The page needs no token; it asks for one
    where the service does."""
    text = (files(__package__) / "page.html").read_text(encoding="utf-8")
    page = Guard(HTMLResponse(text), 0, policy_of(text), hosts)

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        at_the_page = scope["type"] == "http" and scope["path"] == "/"
        await (page if at_the_page else service)(scope, receive, send)

    return either
