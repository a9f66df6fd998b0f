"""`songloom listen` over HTTP: a killed server loses nothing, and clients get nothing that is not theirs."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import tones
from command_runs import Run
from halting import PATIENCE
from served import Served, own_host

from songloom import app
from songloom.metrics.listening.material import gather
from songloom.metrics.listening.storage import Storage

NEW = ("listen", "--systems", "good", "bad", "--prompts", "prompts.jsonl", "--trials", 6)
GOOD = {"quality": 70, "relevance": 20}


def answer(client: Any, view: dict[str, Any]) -> dict[str, Any]:
    body = {"position": view["done"], "values": GOOD, "heard": [1.0] * len(view["clips"])}
    return dict(client.post("/answer", json=body).raise_for_status().json())


def test_a_killed_server_loses_nothing_and_the_rater_goes_on(tmp_path: Path) -> None:
    tones.write(tmp_path, ["good", "bad"])
    with (
        Served(tmp_path, *NEW, "--host", own_host(), "--port", 0) as first,
        httpx.Client(base_url=first.url, timeout=PATIENCE) as client,
    ):
        assert client.get("/trial").json()["begun"] is False
        view = client.post("/begin", json={}).json()
        total = view["total"]
        for _ in range(3):
            view = answer(client, view)
        assert client.get("/trial").json() == view
        cookies = client.cookies
        first.kill()
    with Served(tmp_path, "listen", "--host", own_host(), "--port", first.port) as second:
        assert second.port == first.port
        with httpx.Client(base_url=second.url, cookies=cookies, timeout=PATIENCE) as client:
            assert client.get("/trial").json() == view
            while view["clips"]:
                view = answer(client, view)
            assert view["done"] == total
    kept = Storage(tmp_path / "listening" / "answers.sqlite").answers()
    assert len(kept) == 2 * total
    assert [(a.position, a.value) for a in kept if a.question == "quality"] == [(p, 70) for p in range(total)]


def test_a_client_gets_its_clips_in_parts_and_no_other_file(tmp_path: Path) -> None:
    tones.prepared(tmp_path, ["good", "bad"])
    with (
        Served(tmp_path, "listen", "--port", 0) as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE) as client,
    ):
        view = client.post("/begin", json={}).json()
        (clip,) = view["clips"]
        whole = client.get(f"/clips/{clip}")
        assert whole.content.startswith(b"fLaC") and whole.headers["content-type"] == "audio/flac"
        part = client.get(f"/clips/{clip}", headers={"Range": "bytes=4-9"})
        assert (part.status_code, part.content) == (206, whole.content[4:10])
        assert httpx.get(f"{server.url}clips/{clip}", timeout=PATIENCE).status_code == 404
        others = {path.stem for path in (tmp_path / "listening" / "clips").iterdir()} - {clip}
        names = [
            *others,
            "..%2fanswers.sqlite",
            "%2e%2e%2f%2e%2e%2fprompts.jsonl",
            f"{clip}.flac",
            f"{clip}%00",
            "a" * 5000,
        ]
        assert {client.get(f"/clips/{name}").status_code for name in names} == {404}
        for path in ("/answers.sqlite", "/docs", "/openapi.json", "/clips/", "//etc/passwd"):
            assert client.get(path).status_code == 404
        shown = json.dumps(view) + str(whole.headers)
        assert not any(word in shown for word in ("good", "bad", "anchor", "beeps", str(tmp_path)))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"position": 0, "values": GOOD},
        {"position": "0", "values": GOOD, "heard": [1.0]},
        {"position": 1, "values": GOOD, "heard": [1.0]},
        {"position": 0, "values": {"quality": 70.5, "relevance": 1}, "heard": [1.0]},
        {"position": 0, "values": GOOD, "heard": [1.0], "path": "/etc/passwd"},
        {"position": 0, "values": GOOD | {"x" * 5000: 1}, "heard": [1.0]},
    ],
)
def test_what_is_no_answer_is_refused(page: Any, body: dict[str, Any]) -> None:
    assert page.post("/answer", json=body).status_code in (400, 413, 422)
    assert page.get("/trial").json()["done"] == 0


def test_a_stranger_cannot_answer(page: Any) -> None:
    body = {"position": 0, "values": GOOD, "heard": [1.0]}
    assert httpx.post(f"{page.base_url}answer", json=body, timeout=PATIENCE).status_code == 400


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A rater's client of a test that has just begun."""
    folder = tmp_path_factory.mktemp("page")
    tones.prepared(folder, ["good", "bad"], 1)
    with Served(folder, "listen", "--port", 0) as server, httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
        client.post("/begin", json={})
        yield client


def test_another_test_does_not_go_into_the_folder_of_the_first(run: Run, tmp_path: Path) -> None:
    tones.prepared(tmp_path, ["good", "bad"], 1)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, err = run("listen", "--port", port)
        assert code == 1 and f"port {port} of 127.0.0.1 cannot be used" in err
    code, _, err = run("listen", "--seed", 1)
    assert code == 2 and "goes on as it was made" in err
    code, _, err = run(*NEW, "--seed", 1)
    assert code == 2 and "holds another test" in err
    code, out, _ = run("listen", "report", "listening", "-o", "found")
    assert code == 0 and "0 raters answered" in out and "| good | - | - |" in out
    assert json.loads((tmp_path / "found" / "report.json").read_text())["systems"] == ["good", "bad"]


def test_what_generate_makes_of_prompts_is_what_a_test_takes(run: Run, model: Path, tmp_path: Path) -> None:
    lines = ['{"prompt": "calm harp"}', '{"prompt": "fast drums", "id": "drums"}']
    (tmp_path / "prompts.jsonl").write_text("\n".join(lines), encoding="utf-8")
    for name, seed in (("one", 1), ("two", 2)):
        words = ("--prompts", "prompts.jsonl", "--out", name, "--seconds", 1, "--seed", seed, "--model", model)
        assert run("generate", *words)[0] == 0
    found = gather(tmp_path / "prompts.jsonl", [tmp_path / "one", tmp_path / "two"])
    assert [prompt.id for prompt in found.prompts] == ["0001", "drums"]
    for name in ("one", "two"):
        assert sorted(found.systems[name].values()) == sorted((tmp_path / name).iterdir())


def test_a_test_of_nothing_says_what_it_needs(run: Run) -> None:
    code, _, err = run("listen")
    assert code == 2 and "needs --systems and --prompts" in err
    code, _, err = run("listen", "report", "nowhere.sqlite")
    assert code == 2 and "no listening test" in err


def test_without_its_extra_the_command_says_how_to_get_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "songloom.app.serving", raising=False)
    monkeypatch.delattr(app, "serving", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    code, _, err = run("listen")
    assert code == 2
    assert "uvicorn is missing; pip install 'songloom[serve]' brings it" in err


def test_a_port_that_is_none_is_refused(run: Run, tmp_path: Path) -> None:
    tones.prepared(tmp_path, ["good"], 1)
    code, _, err = run("listen", "--port", 70000)
    assert code == 2 and "port is 70000" in err
