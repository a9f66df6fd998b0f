"""Who comes in, and how often: tokens, a rate for each owner, and a bound on what is open at once."""

from __future__ import annotations

import hashlib
import hmac
import math
import time
from collections import Counter
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from songloom.app.service.bounds import Bounds
from songloom.app.service.figures import Figures

OPEN = frozenset({"/health"})
"""What is answered without a token, and however often."""
OWNERS = 10_000
"""Visitors whose rate is remembered; beyond them those are forgotten that were not seen for longest."""


class Tokens:
    """Who may come in: whoever has one of some secrets; without any, everyone, as one owner without a name."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        if any(len(secret) < 16 or not secret.isascii() or not secret.isprintable() for secret in secrets):
            raise ValueError("a token has at least 16 characters, all of them printable ASCII")
        self._known = [hashlib.sha256(secret.encode()).digest() for secret in secrets]

    def __bool__(self) -> bool:
        return bool(self._known)

    def owner(self, authorization: str) -> str | None:
        """The name of whoever says this in a request's head, which does not tell the token; None for a stranger."""
        if not self._known:
            return ""
        scheme, _, secret = authorization.partition(" ")
        given = hashlib.sha256(secret.strip().encode()).digest()
        known = [digest for digest in self._known if hmac.compare_digest(digest, given)]
        return known[0].hex()[:12] if known and scheme.lower() == "bearer" else None


class Rate:
    """So many requests a second, `burst` at once after a pause, for each name (a token bucket)."""

    def __init__(self, rate: float, burst: int) -> None:
        self.rate, self.burst = rate, burst
        self._left: dict[str, tuple[float, float]] = {}

    def wait(self, name: str, now: float) -> float:
        """Takes a request of `name` at `now` seconds and gives 0, or refuses it: seconds until the next one is due."""
        left, seen = self._left.pop(name, (float(self.burst), now))
        left = min(self.burst, left + self.rate * (now - seen))
        self._left[name] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > OWNERS:
            del self._left[next(iter(self._left))]
        return 0.0 if left >= 1 else (1 - left) / self.rate


class Gate:
    """Lets in whom the tokens know, as often as the bounds allow, says in the scope who it is (`owner`), and counts
    every answer."""

    def __init__(self, app: ASGIApp, tokens: Tokens, bounds: Bounds, figures: Figures) -> None:
        self.app, self.tokens, self.bounds, self.figures = app, tokens, bounds, figures
        self._rate, self._open = Rate(bounds.rate, bounds.burst), Counter[str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.monotonic(), 500

        async def seen(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._let_in(scope, receive, seen)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self.figures.answered(scope["method"], route, status, time.monotonic() - began)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] in OPEN:
            await self.app(scope, receive, send)
            return
        owner = self.tokens.owner(Headers(scope=scope).get("authorization", ""))
        visitor = owner or (scope.get("client") or ("",))[0]
        if wait := self._rate.wait(visitor, time.monotonic()):
            await refusal(429, "too many requests; try again soon", wait)(scope, receive, send)
        elif owner is None:
            await refusal(401, "say who you are: Authorization: Bearer TOKEN")(scope, receive, send)
        elif self._open[visitor] >= self.bounds.open:
            said = f"{self.bounds.open} requests are open already; try again when one has ended"
            await refusal(429, said, 1.0)(scope, receive, send)
        else:
            self._open[visitor] += 1
            scope["owner"] = owner
            try:
                await self.app(scope, receive, send)
            finally:
                self._open[visitor] -= 1
                self._open += Counter()  # forgets those who have nothing open


def refusal(status: int, said: str, wait: float | None = None) -> JSONResponse:
    """One line in the form that all errors have; after `wait` seconds it may be tried again."""
    headers = {} if wait is None else {"Retry-After": str(max(1, math.ceil(wait)))}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse({"detail": said}, status, headers)
