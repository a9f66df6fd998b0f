"""The studio over HTTP: its page at /, what the page is made of under /studio/, and behind both the routes of a server
that has the models and the jobs."""

from __future__ import annotations

from importlib.resources import files

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from songloom.app.serving import Guard, policy

MEDIA = {"html": "text/html", "css": "text/css", "js": "text/javascript"}


def create(service: ASGIApp, hosts: frozenset[str] | None) -> ASGIApp:
    """The application: whatever is not the page is the service's matter. The page needs no token; it asks for one
    where the service does."""
    page = Guard(_parts(), 0, policy("'self'", "'self'"), hosts)

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        of_the_page = scope["type"] == "http" and (scope["path"] == "/" or scope["path"].startswith("/studio/"))
        await (page if of_the_page else service)(scope, receive, send)

    return either


def _parts() -> ASGIApp:
    """The files beside this one, read once; a path only ever chooses among them."""
    found: dict[str, Response] = {}
    for file in files(__package__).iterdir():
        media = MEDIA.get(file.name.rpartition(".")[2])
        if media is not None:
            path = "/" if file.name == "page.html" else f"/studio/{file.name}"
            found[path] = Response(file.read_bytes(), media_type=media)
    missing = PlainTextResponse("the studio has no such part", 404)

    async def part(scope: Scope, receive: Receive, send: Send) -> None:
        await found.get(scope["path"], missing)(scope, receive, send)

    return part
