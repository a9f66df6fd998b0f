"""The studio's page: what it may do, what it is made of, and what it leaves to the server behind it."""

from __future__ import annotations

import asyncio
import re
from importlib.resources import files

import httpx
from starlette.responses import PlainTextResponse

from songloom.app import serving
from songloom.app.studio_page import server
from songloom.systems import registry
from songloom.systems.request import ALWAYS
from songloom.systems.roles import Generator

PAGE = (files("songloom.app.studio_page") / "page.html").read_text(encoding="utf-8")


def ask(method: str, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    app = server.create(PlainTextResponse("the service"), serving.allowed_hosts("127.0.0.1"))

    async def answer() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:80") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(answer())


def test_the_page_is_at_the_root_and_everything_else_is_the_services() -> None:
    assert ask("GET", "/").text == PAGE
    assert ask("GET", "/v1/models").text == "the service"


def test_nothing_runs_on_the_page_but_its_own_script() -> None:
    policy = ask("GET", "/").headers["Content-Security-Policy"]
    assert "script-src 'sha256-" in policy and "unsafe" not in policy and "connect-src 'self';" in policy
    assert ask("GET", "/", {"Host": "evil.example"}).status_code == 421


def test_the_page_is_whole_in_itself() -> None:
    assert re.findall(r"https?://|<link|@import|\bsrc=|\bimport ", PAGE) == []


def test_every_element_that_the_script_asks_for_stands_on_the_page() -> None:
    asked, there = set(re.findall(r'\$\("([\w-]+)"\)', PAGE)), set(re.findall(r'\bid="([\w-]+)"', PAGE))
    assert asked and asked <= there


def test_every_field_that_a_generator_uses_can_be_set() -> None:
    named = set(re.findall(r'\{ name: "(\w+)", label', PAGE)) | {"prompt", "story"}
    dropped = set(re.findall(r'"(\w+)"', " ".join(re.findall(r'\["\w+", "[^"]+", \[([^\]]+)\]\]', PAGE))))
    for kind, cls in registry.system_classes().items():
        if issubclass(cls, Generator):
            assert (cls.uses | ALWAYS) - {"bars"} <= named | dropped, kind
