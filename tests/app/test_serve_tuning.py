"""Fine-tuning over HTTP: a folder is uploaded, its captions corrected, a model learned, compared and played."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import torch
from served import Served

from songloom.audio import files
from songloom.client import Client
from songloom.systems import loras

PATIENCE = 600.0


def sound(pitch: float, seconds: float = 2.0) -> bytes:
    time = torch.arange(round(seconds * 16_000)) / 16_000
    return files.encoded(
        0.4 * (torch.sin(2 * torch.pi * pitch * time) * torch.exp(-6 * (time % 0.5)))[None], 16_000, ".wav"
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tuned")


@pytest.fixture(scope="module")
def client(folder: Path, model: Path) -> Iterator[Client]:
    (folder / "tokens").write_text("the-first-token-of-two\nthe-other-token-of-two\n", encoding="utf-8")
    words = ("--model", f"tiny={model}", "--port", 0, "--upload-mb", 2, "--rate", 1000, "--tokens", "tokens")
    with Served(folder, "serve", *words) as server:
        yield Client(server.url, token="the-first-token-of-two", timeout=PATIENCE)


def until(client: Client, identity: str, *states: str) -> dict[str, Any]:
    end = time.monotonic() + PATIENCE
    while (told := client.ask("GET", f"/v1/tunings/{identity}"))["state"] not in states:
        assert time.monotonic() < end, told
        time.sleep(0.1)
    return dict(told)


def announced(client: Client, path: str, size: int) -> int:
    """What is answered to a body of so many bytes before any of them is sent."""
    connection = HTTPConnection(client.url.partition("://")[2], timeout=PATIENCE)
    connection.putrequest("POST", path)
    for name, value in {**client.headers, "Content-Length": str(size)}.items():
        connection.putheader(name, value)
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


def begun(client: Client, name: str, pieces: dict[str, bytes], **wish: Any) -> str:
    identity = str(client.ask("POST", "/v1/tunings", {"name": name, **wish})["id"])
    for file, data in pieces.items():
        client.ask("POST", "/v1/pieces", data, tuning=identity, name=file)
    return identity


@pytest.fixture(scope="module")
def learned(client: Client) -> dict[str, Any]:
    """A tuning that went all the way."""
    pieces = {"rain.wav": sound(220), "rain.txt": b"a hum in the rain", "wind.wav": sound(330), "bad.mp3": sound(440)}
    identity = begun(client, "my rain", pieces, rank=2, steps=3)
    client.ask("POST", f"/v1/tunings/{identity}/listen", {})
    told = until(client, identity, "review", "failed")
    assert [one["file"] for one in told["pieces"]] == ["rain.wav", "wind.wav", "bad.mp3"], told
    assert told["pieces"][0]["captions"] == ["a hum in the rain"]
    assert told["pieces"][0]["source"] == "beside rain.wav" and told["seconds"] == 6.0
    corrected = [
        {"file": "wind.wav", "captions": ["a | wind", "air"], "tempo": 97.0},
        {"file": "bad.mp3", "use": False},
    ]
    told = client.ask("PUT", f"/v1/tunings/{identity}/captions", corrected)
    assert told["pieces"][1]["captions"] == ["a / wind", "air"] and not told["pieces"][2]["use"]
    client.ask("POST", f"/v1/tunings/{identity}/learn", {})
    return until(client, identity, "done", "failed")


def test_a_model_of_ones_own_music_is_learned_compared_and_played(
    client: Client, learned: dict[str, Any], folder: Path
) -> None:
    assert learned["state"] == "done", learned
    assert [one["captions"] for one in learned["pieces"]] == [["a hum in the rain"], ["a / wind", "air"], []] or (
        learned["pieces"][1]["captions"] == ["a / wind", "air"] and not learned["pieces"][2]["use"]
    )
    assert learned["pieces"][1]["tempo"] == 97.0 and learned["pieces"][1]["source"] == "edited"
    assert learned["figures"][0][0] == "loss on learned pieces" and len(learned["examples"]) == 3
    assert "my rain" in [one["name"] for one in client.ask("GET", "/v1/models")]
    made = client.generate("hum", model="my rain", seconds=1.0, seed=2)
    assert made["model"] == "my rain" and made["results"][0]["recipe"]["model"] == "my rain"
    plain = client.generate("hum", model="tiny", seconds=1.0, seed=2)
    assert plain["model"] == "tiny"
    assert str(folder) not in str(made) + str(learned)
    run = folder / "served/tunings" / learned["id"] / "run"
    assert loras.read(loras.Strength(str(run)).path).settings.rank == 2
    for side in ("before", "after"):
        path = learned["examples"][0][side]["path"]
        (folder / "example.flac").write_bytes(client.ask("GET", path))
        assert files.read(folder / "example.flac")[0].shape[1] == round(
            10.0 * files.info(folder / "example.flac").sample_rate
        )
    (folder / "piece.wav").write_bytes(client.ask("GET", f"/v1/tunings/{learned['id']}/pieces/1"))
    (folder / "sent.wav").write_bytes(sound(220))
    assert torch.equal(files.read(folder / "piece.wav")[0], files.read(folder / "sent.wav")[0])


def test_jobs_that_learn_are_followed_as_others_but_are_no_takes(client: Client, learned: dict[str, Any]) -> None:
    assert learned["job"]["state"] == "done" and learned["job"]["progress"] == 1.0
    assert [one["state"] for one in client.events(learned["job"]["id"])] == ["done"]
    assert learned["job"]["id"] not in [one["id"] for one in client.ask("GET", "/v1/jobs", kind="music")]


def test_what_is_learned_is_its_owners_alone(client: Client, learned: dict[str, Any]) -> None:
    other = Client(client.url, token="the-other-token-of-two", timeout=PATIENCE)
    assert other.ask("GET", "/v1/tunings") == [] and "my rain" not in [
        one["name"] for one in other.ask("GET", "/v1/models")
    ]
    for method, path in (
        ("GET", f"/v1/tunings/{learned['id']}"),
        ("GET", f"/v1/tunings/{learned['id']}/pieces/1"),
        ("GET", learned["examples"][0]["after"]["path"]),
        ("DELETE", f"/v1/tunings/{learned['id']}"),
    ):
        with pytest.raises(ValueError, match="404"):
            other.ask(method, path)
    with pytest.raises(ValueError, match="there is no generator 'my rain'"):
        other.ask("POST", "/v1/jobs", {"prompt": "x", "model": "my rain"})


def test_what_cannot_be_learned_is_refused_in_one_line(client: Client, learned: dict[str, Any]) -> None:
    def refused(said: str, method: str, path: str, body: Any = None, **query: Any) -> None:
        with pytest.raises(ValueError, match=said):
            client.ask(method, path, body, **query)

    refused("already", "POST", "/v1/tunings", {"name": "my rain"})
    refused("already", "POST", "/v1/tunings", {"name": "tiny"})
    refused("422", "POST", "/v1/tunings", {"name": "../up"})
    refused("no generator 'none'", "POST", "/v1/tunings", {"name": "a", "model": "none"})
    refused("has learned its music", "POST", "/v1/pieces", sound(100), tuning=learned["id"], name="a.wav")
    identity = begun(client, "empty", {})
    refused("no music yet", "POST", f"/v1/tunings/{identity}/listen", {})
    refused("neither sound", "POST", "/v1/pieces", b"MZ", tuning=identity, name="virus.exe")
    refused("not audio", "POST", "/v1/pieces", b"no sound at all", tuning=identity, name="a.wav")
    refused("not UTF-8", "POST", "/v1/pieces", b"\xff\xfe\x00", tuning=identity, name="a.txt")
    assert announced(client, f"/v1/pieces?tuning={identity}&name=a.wav", 2_100_000) == 413
    refused("no file 'x.wav'", "PUT", f"/v1/tunings/{identity}/captions", [{"file": "x.wav"}])
    client.ask("DELETE", f"/v1/tunings/{identity}")
    refused("404", "GET", f"/v1/tunings/{identity}")


def test_music_of_which_nothing_can_be_used_says_why(client: Client) -> None:
    silent = io.BytesIO(files.encoded(torch.zeros(1, 32_000), 16_000, ".wav")).getvalue()
    identity = begun(client, "silence", {"quiet.wav": silent})
    client.ask("POST", f"/v1/tunings/{identity}/listen", {})
    told = until(client, identity, "failed", "review")
    assert told["state"] == "failed" and told["error"].endswith("quiet.wav: 100 % silent"), told
    client.ask("DELETE", f"/v1/tunings/{identity}")
