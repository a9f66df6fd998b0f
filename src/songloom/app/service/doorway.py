"""Bodies on their way in: bounded while they stream, so that an upload never lies in memory and never comes forever."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from songloom.app.service.bounds import Bounds
from songloom.app.service.gate import refusal
from songloom.app.serving import Guard, policy_of


class Doorway(Guard):
    """A guard that passes bodies on piece by piece: to the paths of `uploads` as many bytes as the bounds allow, to
    others as many as JSON may have."""

    def __init__(self, app: ASGIApp, bounds: Bounds, uploads: Collection[str], hosts: frozenset[str] | None) -> None:
        super().__init__(app, bounds.upload_bytes, policy_of(""), hosts)
        self.bounds, self.uploads = bounds, frozenset(uploads)

    async def enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on; the body breaks off with 413 or 408 when it is too long or takes too long."""
        most = self.bounds.upload_bytes if scope["path"] in self.uploads else self.bounds.json_bytes
        clock, bytes_so_far, whole = asyncio.get_running_loop(), 0, False
        until = clock.time() + self.bounds.upload_seconds

        async def bounded() -> Message:
            nonlocal bytes_so_far, whole
            if whole:  # what comes now is the end of the connection
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, f"a request takes at most {self.bounds.upload_seconds:g} s to come") from None
            bytes_so_far += len(message.get("body", b""))
            whole = message["type"] != "http.request" or not message.get("more_body", False)
            if bytes_so_far > most:
                raise HTTPException(413, f"this request has at most {most} bytes")
            return message

        headers = Headers(scope=scope)
        has_body = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"

        async def hanging_up(message: Message) -> None:
            if message["type"] == "http.response.start" and has_body and not whole:
                MutableHeaders(scope=message)["Connection"] = "close"  # what is still to come is not waited for
            await send(message)

        await self.app(scope, bounded, hanging_up)

    def refusal(self, status: int, said: str) -> Response:
        """One line in the form that all errors have; the connection ends with it."""
        answer = refusal(status, said)
        answer.headers["Connection"] = "close"
        return answer
