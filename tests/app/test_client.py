"""The client before servers that are not songloom's, or that end in the middle: one line says what came."""

from __future__ import annotations

import ast
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from songloom import client
from songloom.client import Client

HTML = "text/html; charset=utf-8"
JSON = "application/json"


@contextmanager
def answering(status: int, kind: str, body: bytes, length: int | None = None) -> Iterator[Client]:
    """A server that answers every request so, and says that its body has this length."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Client(f"http://127.0.0.1:{server.server_port}/", timeout=300.0)
        finally:
            server.shutdown()
            thread.join()


EVERY: dict[str, Callable[[Client], object]] = {
    "ask": lambda one: one.ask("GET", "/v1/models"),
    "generate": lambda one: one.generate("harp"),
    "result": lambda one: one.result("0" * 16),
    "events": lambda one: list(one.events("0" * 16)),
    "stream": lambda one: list(one.stream("harp")),
}


@pytest.mark.parametrize("call", EVERY.values(), ids=list(EVERY))
@pytest.mark.parametrize(
    ("status", "kind", "body", "said"),
    [
        (400, JSON, b'{"detail": "steps is 0"}', "400: steps is 0"),
        (502, HTML, b"<html>\n<h1>Bad\n Gateway</h1>", "502: <html> <h1>Bad Gateway</h1>"),
        (500, "text/plain", b"Internal Server Error", "500: Internal Server Error"),
        (503, "text/plain", b"", "503: Service Unavailable"),
        (401, JSON, b'{"message": "who?"}', '401: {"message": "who?"}'),
        (404, JSON, b"[1]", "404: [1]"),
        (500, "text/plain", b"\xff" + 2000 * b"x", "500: \ufffd" + 299 * "x"),
        (200, HTML, b"<html>Log in</html>", "200: a page came instead of an answer: b'<html>Log in</html>'"),
    ],
)
def test_every_call_says_in_one_line_what_came(
    call: Callable[[Client], object], status: int, kind: str, body: bytes, said: str
) -> None:
    with answering(status, kind, body) as one, pytest.raises(ValueError) as told:
        call(one)
    assert str(told.value) == said


@pytest.mark.parametrize("kind", [JSON, "audio/flac"])
def test_an_answer_that_breaks_off_is_as_a_server_that_is_not_there(kind: str) -> None:
    with answering(200, kind, b"[", length=100) as one, pytest.raises(OSError, match="broke off: IncompleteRead"):
        one.ask("GET", "/v1/models")
    with pytest.raises(OSError, match="refused"):
        one.ask("GET", "/v1/models")


def test_a_report_that_is_a_page_is_given_where_it_is_asked_for() -> None:
    with answering(200, HTML, b"<html>") as one:
        assert one.ask("GET", "/v1/jobs/0/report", format="html") == b"<html>"


def test_the_client_is_fifty_lines_beside_its_words() -> None:
    text = Path(client.__file__).read_text(encoding="utf-8")
    words: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            words.update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    lines = [line for number, line in enumerate(text.splitlines(), 1) if line.strip() and number not in words]
    assert len(lines) <= 50
