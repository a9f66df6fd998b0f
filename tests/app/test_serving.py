"""The guard in front of every page: bounded bodies, no foreign origin, no foreign name."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from songloom.app import serving


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(body)(scope, receive, send)


def ask(headers: dict[str, str] | None = None, content: Any = b"", host: str = "127.0.0.1") -> httpx.Response:
    guard = serving.Guard(echo, 100, "default-src 'none'", serving.allowed_hosts(host))

    async def answer() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(guard), base_url="http://127.0.0.1:80") as client:
            return await client.post("/", content=content, headers=headers)

    return asyncio.run(answer())


def test_a_body_reaches_the_application_whole_or_is_refused() -> None:
    assert ask(content=b"x" * 100).text == "x" * 100
    assert ask(content=b"x" * 101).status_code == 413


def test_a_body_that_hides_its_length_is_refused_as_soon_as_it_is_too_long() -> None:
    sent = 0

    async def pieces(count: int) -> Any:
        nonlocal sent
        for _ in range(count):
            sent += 30
            yield b"y" * 30

    assert ask(content=pieces(3)).text == "y" * 90
    sent = 0
    assert ask(content=pieces(1000)).status_code == 413
    assert sent < 1000


@pytest.mark.parametrize("length", ["-1", "1e3", "", "٣"])
def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    scope = {"type": "http", "headers": [(b"host", b"localhost"), (b"content-length", length.encode())]}
    answers: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        answers.append(message)

    asyncio.run(serving.Guard(echo, 100, "", None)(scope, receive, send))
    assert answers[0]["status"] == 413


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "localhost:8000"}, 200),
        ({"Host": "[::1]:8000"}, 200),
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example:80"}, 421),
        ({"Host": "["}, 421),
        ({"Host": "127.0.0.1:80", "Origin": "http://127.0.0.1:80"}, 200),
        ({"Host": "127.0.0.1:80", "Origin": "http://127.0.0.1:81"}, 403),
        ({"Host": "127.0.0.1:80", "Origin": "http://evil.example"}, 403),
        ({"Host": "127.0.0.1:80", "Origin": "null"}, 403),
    ],
)
def test_only_the_page_itself_is_answered(headers: dict[str, str], status: int) -> None:
    assert ask(headers).status_code == status


def test_a_page_for_other_machines_may_be_called_anything() -> None:
    assert ask({"Host": "music.example"}, host="0.0.0.0").status_code == 200
    assert serving.allowed_hosts("127.0.0.2") == serving.LOOPBACK | {"127.0.0.2"}


def test_every_answer_even_a_refusal_carries_the_policy() -> None:
    for answer in (ask(), ask(content=b"x" * 101), ask({"Host": "evil.example"})):
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_policy_names_the_scripts_and_styles_of_the_page_and_nothing_else() -> None:
    policy = serving.policy_of("<style>a</style><script>let x;\n</script>")
    for kind, body in (("script-src", b"let x;\n"), ("style-src", b"a")):
        assert f"{kind} 'sha256-{base64.b64encode(hashlib.sha256(body).digest()).decode()}';" in policy
    assert "unsafe" not in policy and "script-src 'none'" in serving.policy_of("<p>")
