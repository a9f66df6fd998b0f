"""What every page that songloom serves shares: bounded requests from its own origin, strict headers, a bound socket."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import ipaddress
import re
import socket
from collections.abc import Callable

import uvicorn
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """In front of an application: a body over `most_bytes` is refused however it announces itself, so are foreign
    origins and, where `hosts` are given, names that are not theirs (a foreign name that was made to point here)."""

    def __init__(self, app: ASGIApp, most_bytes: int, policy: str, hosts: frozenset[str] | None) -> None:
        self.app, self.most_bytes, self.hosts = app, most_bytes, hosts
        self.headers = HEADERS | {"Content-Security-Policy": policy}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        send = self._with_headers(send)
        headers = Headers(scope=scope)
        if refusal := self._refusal(headers):
            await self.refusal(*refusal)(scope, receive, send)
            return
        await self.enter(scope, receive, send)

    async def enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on with its whole body."""
        body = await self._body(receive)
        if body is None:
            await self.refusal(413, f"a request has at most {self.most_bytes} bytes")(scope, receive, send)
            return
        await self.app(scope, _once(body, receive), send)

    def refusal(self, status: int, said: str) -> Response:
        """What a request gets that is not passed on."""
        return PlainTextResponse(said, status)

    def _refusal(self, headers: Headers) -> tuple[int, str] | None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if self.hosts is not None and _name(host) not in self.hosts:
            return 421, "this page has another name"
        if origin is not None and origin.partition("://")[2] != host:
            return 403, "requests come from the page itself"
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > self.most_bytes:
            return 413, f"a request has at most {self.most_bytes} bytes"
        return None

    async def _body(self, receive: Receive) -> bytes | None:
        """The whole body; None as soon as it is too long, or when it breaks off."""
        parts: list[bytes] = []
        while True:
            message = await receive()
            parts.append(message.get("body", b""))
            if message["type"] != "http.request" or sum(map(len, parts)) > self.most_bytes:
                return None
            if not message.get("more_body", False):
                return b"".join(parts)

    def _with_headers(self, send: Send) -> Send:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        return marked


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _once(body: bytes, receive: Receive) -> Receive:
    """A body that was read already, as the application reads it; then whatever comes (a closed connection)."""
    waiting = [body]

    async def given() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return given


def policy_of(page: str) -> str:
    """A Content-Security-Policy under which nothing runs but the scripts and styles that stand in this page."""

    def hashes(tag: str) -> str:
        bodies = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digests = [base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in bodies]
        return " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"

    return policy(hashes("script"), hashes("style"))


def policy(scripts: str, styles: str) -> str:
    """A Content-Security-Policy under which only these scripts and styles run; sounds and requests stay at home."""
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; media-src 'self' blob:; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what is served there."""
    try:
        return host in LOOPBACK or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def allowed_hosts(host: str) -> frozenset[str] | None:
    """The names under which a page served on `host` may be called; any, where others are to reach it."""
    return LOOPBACK | {host} if is_loopback(host) else None


def listening(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one. Raises ValueError for what is no port, OSError where it is taken."""
    if not 0 <= port <= 65535:
        raise ValueError(f"port is {port}; ports are 0 (a free one) to 65535")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise OSError(f"port {port} of {host} cannot be used: {error.strerror or error}") from None
    return listener


def address(host: str, listener: socket.socket) -> str:
    """Where a browser finds what listens there."""
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}/"


def serve(app: ASGIApp, host: str, port: int, announce: Callable[[str], None], *, connections: int = 256) -> None:
    """Serves until Ctrl-C or SIGTERM. The socket is bound first, so that `announce` gets an address (port 0: a free
    one) where requests wait; beyond so many `connections` requests get 503. Raises what `listening` does."""
    with listening(host, port) as listener:
        listener.listen(128)
        announce(address(host, listener))
        config = uvicorn.Config(app, log_level="warning", limit_concurrency=connections, timeout_graceful_shutdown=2)
        with contextlib.suppress(KeyboardInterrupt):  # is how a server ends
            uvicorn.Server(config).run(sockets=[listener])
