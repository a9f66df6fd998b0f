"""The studio's page: what it may do, what it is made of, and what it leaves to the server behind it."""

from __future__ import annotations

import asyncio
import re
from graphlib import TopologicalSorter
from importlib.resources import files

import httpx
from starlette.responses import PlainTextResponse

from songloom.app import serving
from songloom.app.studio_page import server
from songloom.systems import registry
from songloom.systems.request import ALWAYS
from songloom.systems.roles import Generator

FOLDER = files("songloom.app.studio_page")
PARTS = {
    part.name: part.read_text(encoding="utf-8") for part in FOLDER.iterdir() if part.name.endswith((".js", ".css"))
}
PAGE = (FOLDER / "page.html").read_text(encoding="utf-8")
SCRIPTS = {name: text for name, text in PARTS.items() if name.endswith(".js")}


def ask(method: str, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    app = server.create(PlainTextResponse("the service"), serving.allowed_hosts("127.0.0.1"))

    async def answer() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:80") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(answer())


def imports(name: str) -> list[str]:
    """The scripts that a script imports."""
    return re.findall(r'from "\./([\w-]+\.js)"', SCRIPTS[name])


def test_the_page_is_at_the_root_its_parts_beside_it_and_everything_else_is_the_services() -> None:
    assert ask("GET", "/").text == PAGE
    for name, text in PARTS.items():
        answer = ask("GET", f"/studio/{name}")
        kind = "text/css" if name.endswith(".css") else "text/javascript"
        assert answer.text == text and answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
    assert ask("GET", "/v1/models").text == "the service"


def test_a_path_chooses_among_the_parts_and_opens_no_file() -> None:
    for path in ("/studio/server.py", "/studio/", "/studio/%2e%2e/studio.py", "/studio//page.js", "/studio/page.html"):
        assert ask("GET", path).status_code == 404, path


def test_nothing_runs_on_the_page_but_its_own_scripts() -> None:
    for path in ("/", "/studio/page.js"):
        policy = ask("GET", path).headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy and "unsafe" not in policy
    assert ask("GET", "/", {"Host": "evil.example"}).status_code == 421
    assert re.findall(r"<style|<script>|\bon\w+=|\bstyle=", PAGE) == []


def test_the_page_fetches_nothing_from_elsewhere_and_all_that_it_names_is_there() -> None:
    for text in (PAGE, *PARTS.values()):
        assert re.findall(r"https?://|@import|url\(", text) == []
    assert re.findall(r'\b(?:src|href)="/studio/([^"]+)"', PAGE) == ["page.css", "page.js"]
    assert len(re.findall(r"\b(?:src|href)=", PAGE)) == 2
    assert {name for script in SCRIPTS for name in imports(script)} == set(SCRIPTS) - {"page.js"}


def test_scripts_import_each_other_in_one_direction_only() -> None:
    order = TopologicalSorter({name: imports(name) for name in SCRIPTS})
    assert set(order.static_order()) == set(SCRIPTS)


def test_what_a_script_imports_is_what_the_other_one_exports() -> None:
    for name, text in SCRIPTS.items():
        for names, source in re.findall(r'^import \{ ([^}]+) \} from "\./([\w-]+\.js)";$', text, re.MULTILINE):
            exported = set(
                re.findall(r"^export (?:async )?(?:function\*?|const|let) ?([\w$]+)", SCRIPTS[source], re.MULTILINE)
            )
            used = set(re.findall(r"[\w$]+", re.sub(r"^import .*$", "", text, flags=re.MULTILINE)))
            assert set(names.split(", ")) <= exported & used, (name, source)


def test_every_element_that_a_script_asks_for_stands_on_the_page() -> None:
    asked = {name for text in SCRIPTS.values() for name in re.findall(r'\$\("([\w-]+)"\)', text)}
    assert asked and asked <= set(re.findall(r'\bid="([\w-]+)"', PAGE))


def test_every_field_that_a_generator_uses_can_be_set() -> None:
    named = set(re.findall(r'\{ name: "(\w+)", label', SCRIPTS["fields.js"])) | {"prompt", "story"}
    uses = " ".join(re.findall(r'\["\w+", "[^"]+", \[([^\]]+)\]\]', SCRIPTS["sounds.js"]))
    dropped = set(re.findall(r'"(\w+)"', uses))
    for kind, cls in registry.system_classes().items():
        if issubclass(cls, Generator):
            assert (cls.uses | ALWAYS) - {"bars"} <= named | dropped, kind
