"""`songloom serve` over HTTP: music as jobs, events, files and streams; sound in, figures out; bounds that hold."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import resource
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import soundfile
import torch
from command_runs import Run
from halting import PATIENCE, Halt, can_halt
from halting import until as eventually
from served import Served

from songloom import checkpoint
from songloom.app.job_store import JobStore
from songloom.audio import files
from songloom.client import Client
from songloom.inference import song
from songloom.systems import registry
from songloom.systems.request import Request

JSON = {"Content-Type": "application/json"}
HOSTILE = Path(__file__).parent / "hostile"


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, model: Path) -> list[str]:
    """Words that serve a generator, a codec, an embedder, and a model whose weights are damaged."""
    root = tmp_path_factory.mktemp("models")
    for preset in ("spectral-codec-tiny", "shuttle-tiny"):
        checkpoint.save(registry.preset(preset)[1].build(), root / preset)
    checkpoint.save(registry.preset("loom-tiny")[1].build(), root / "damaged")
    (root / "damaged" / "model.safetensors").write_bytes(b"no weights")
    named = {"tiny": model, "codec": root / "spectral-codec-tiny", "ear": root / "shuttle-tiny"}
    named |= {"damaged": root / "damaged"}
    return [word for name, place in named.items() for word in ("--model", f"{name}={place}")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, places: list[str]) -> Iterator[Served]:
    bounds = ("--seconds", 30, "--upload-mb", 2, "--waiting", 6, "--rate", 1000)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", str(HOSTILE), prepend=os.pathsep)
        can_halt(patched)
        with Served(tmp_path_factory.mktemp("served"), "serve", *places, "--port", 0, *bounds) as started:
            yield started


@pytest.fixture(scope="module")
def client(server: Served) -> Client:
    return Client(server.url, timeout=PATIENCE)


@pytest.fixture(scope="module")
def made(client: Client) -> dict[str, Any]:
    """A job of one second that is done."""
    return client.generate("calm harp", model="tiny", seconds=1.0, seed=5)


def until(client: Client, identity: str, *states: str) -> dict[str, Any]:
    end = time.monotonic() + PATIENCE
    while (job := client.ask("GET", f"/v1/jobs/{identity}"))["state"] not in states:
        assert time.monotonic() < end, job
        time.sleep(0.05)
    return dict(job)


def test_music_is_made_as_by_hand_and_comes_in_three_formats(
    client: Client, made: dict[str, Any], model: Path, tmp_path: Path
) -> None:
    by_hand = song.make(song.open_model(str(model)), Request(prompt="calm harp", seconds=1.0, seed=5))[0].wave
    for kind in ("flac", "wav", "mp3"):
        (tmp_path / f"made.{kind}").write_bytes(client.result(made["id"], kind=kind))
        wave, rate = files.read(tmp_path / f"made.{kind}")
        recipe = json.loads(files.read_metadata(tmp_path / f"made.{kind}") or "{}")
        assert recipe["request"] == {"prompt": "calm harp", "seconds": 1.0, "seed": 5} and rate == 16_000
        if kind != "mp3":
            assert torch.allclose(wave, by_hand, atol=2 / 2**15)
    assert made["results"][0]["recipe"]["model"] == "tiny" and str(model) not in json.dumps(made)


def test_music_is_made_again_under_other_seeds(client: Client, made: dict[str, Any]) -> None:
    again = client.ask("POST", f"/v1/jobs/{made['id']}/again", {"seed": 8, "candidates": 2})
    assert again["request"] == {**made["request"], "seed": 8, "candidates": 2} and again["id"] != made["id"]
    results = until(client, again["id"], "done", "failed")["results"]
    assert {one["recipe"]["request"]["seed"] for one in results} == {8, 9}
    with pytest.raises(ValueError, match="404: there is no job"):
        client.ask("POST", f"/v1/jobs/{'0' * 16}/again", {"seed": 1})


def test_what_would_be_refused_has_no_estimate(client: Client) -> None:
    with pytest.raises(ValueError, match="400: refused: 31 s of music are asked; 30 may be"):
        client.ask("POST", "/v1/estimate", {"seconds": 31.0})


def test_a_job_tells_what_of_its_prompt_was_not_read(client: Client, made: dict[str, Any]) -> None:
    (result,) = client.generate("harp " * 20, seconds=0.5)["results"]
    assert result["notes"] == ["prompt: of 22 tokens loom reads the first 16"] and made["results"][0]["notes"] == []


def test_events_tell_a_job_to_its_end(client: Client) -> None:
    heard: list[float] = []
    job = client.generate("harp", seconds=1.0, progress=heard.append)
    assert job["state"] == "done" and heard == sorted(heard) and heard[-1] == 1.0
    assert [one["state"] for one in client.events(job["id"])] == ["done"]


def test_a_stream_has_the_samples_of_the_model(client: Client, model: Path, tmp_path: Path) -> None:
    (tmp_path / "live.wav").write_bytes(b"".join(client.stream("harp", seconds=1.5, seed=3)))
    wave = files.read(tmp_path / "live.wav")[0]
    asked = Request(prompt="harp", seconds=1.5, seed=3)
    by_hand = torch.cat(list(song.stream(song.open_model(str(model)), asked)), dim=-1)
    assert torch.allclose(wave, by_hand, atol=2 / 2**15)
    (tmp_path / "live.flac").write_bytes(b"".join(client.stream("harp", "flac", seconds=1.5, seed=3)))
    assert torch.equal(files.read(tmp_path / "live.flac")[0], wave)
    assert files.info(tmp_path / "live.flac").seconds == 1.5


def test_a_stream_that_is_dropped_frees_its_job(server: Served, client: Client) -> None:
    halt = Halt(server.kept)
    listening = client.stream("harp", seconds=30.0)
    assert next(listening)[:4] == b"RIFF"
    halt.come()
    (job,) = client.ask("GET", "/v1/jobs", state="running")
    listening.close()  # type: ignore[attr-defined]
    halt.over()
    assert until(client, job["id"], "done", "cancelled", "failed")["state"] == "cancelled"


def test_a_job_is_heard_while_it_runs_and_goes_on_when_the_listener_leaves(client: Client) -> None:
    job = client.ask("POST", "/v1/jobs", {"prompt": "harp", "model": "tiny", "seconds": 3.0, "candidates": 2})
    path = f"/v1/jobs/{job['id']}/stream"
    with client.open("GET", path) as leaving, client.open("GET", path) as staying:
        assert leaving.read1(4) == b"RIFF"
        leaving.close()
        assert len(staying.read()) == 44 + 3 * 16_000 * 2  # the first candidate, whole, and nothing of the second
    assert until(client, job["id"], "done", "cancelled", "failed")["state"] == "done"


def test_a_job_is_cancelled_and_deleted_but_not_while_it_runs(server: Served, client: Client) -> None:
    halt = Halt(server.kept)
    job = client.ask("POST", "/v1/jobs", {"prompt": "harp", "seconds": 30.0})
    with pytest.raises(ValueError, match="409: .* has not ended"):
        client.ask("DELETE", f"/v1/jobs/{job['id']}")
    with pytest.raises(ValueError, match="409: .* has no results"):
        client.result(job["id"])
    halt.come()
    client.ask("POST", f"/v1/jobs/{job['id']}/cancel")
    halt.over()
    until(client, job["id"], "cancelled")
    client.ask("DELETE", f"/v1/jobs/{job['id']}")
    with pytest.raises(ValueError, match="404: there is no job"):
        client.ask("GET", f"/v1/jobs/{job['id']}")


def test_models_tell_their_controls_and_a_damaged_one_leaves_the_others_alone(client: Client) -> None:
    told = {one["name"]: one for one in client.ask("GET", "/v1/models")}
    assert told["tiny"]["controls"] == sorted(registry.system_classes()["loom"].uses)  # type: ignore[attr-defined]
    assert [told[name]["role"] for name in ("tiny", "codec", "ear")] == ["generator", "codec", "embedder"]
    assert told["damaged"]["state"] == "failed" and "damaged" in told["damaged"]["error"]
    with pytest.raises(ValueError, match="503: damaged could not be opened"):
        client.ask("POST", "/v1/jobs", {"model": "damaged"})
    with pytest.raises(ValueError, match="400: tiny does not use steps"):
        client.ask("POST", "/v1/jobs", {"steps": 4})
    assert client.ask("POST", "/v1/estimate", {"seconds": 2.0})["memory"] > 0
    assert client.ask("POST", "/v1/estimate", {"bars": 2, "tempo": 120.0})["length"] == 4


def test_no_model_is_opened_by_a_path_of_the_client(client: Client, model: Path) -> None:
    for name in (str(model), "../model", "facebook/musicgen-small"):
        with pytest.raises(ValueError, match="400: there is no generator"):
            client.ask("POST", "/v1/jobs", {"model": name})
    for curve in ("/etc/passwd", "x.json", "../jobs.sqlite"):
        with pytest.raises(ValueError, match="400: dynamics cannot be"):
            client.ask("POST", "/v1/jobs", {"dynamics": {"curve": curve}})
    with pytest.raises(ValueError, match="422"):
        client.ask("POST", "/v1/jobs", {"init": {"sound": "../../etc/passwd"}})


def tone(seconds: float = 1.0, kind: str = ".wav") -> bytes:
    times = torch.arange(round(16_000 * seconds)) / 16_000
    return files.encoded(0.3 * torch.sin(2 * torch.pi * 440 * times)[None], 16_000, kind)


def test_sound_is_encoded_and_decoded_by_the_same_codec(client: Client, tmp_path: Path) -> None:
    tokens = client.ask("POST", "/v1/encode", tone())
    for kind in ("wav", "flac", "mp3"):
        (tmp_path / f"again.{kind}").write_bytes(client.ask("POST", "/v1/decode", tokens, format=kind))
        assert files.info(tmp_path / f"again.{kind}").seconds == pytest.approx(1.0, abs=0.1)
    with pytest.raises(ValueError, match="400: .*the upload"):
        client.ask("POST", "/v1/decode", tokens[:-20])
    with pytest.raises(ValueError, match="streams, not 200"):
        client.ask("POST", "/v1/encode", tone(), streams=200)


def test_sound_and_texts_lie_in_one_space(client: Client) -> None:
    heard = client.ask("POST", "/v1/embed", tone(4.0, ".mp3"))
    read = client.ask("POST", "/v1/embed/texts", {"texts": ["a harp", "drums"]})
    for vector in (*heard["windows"], heard["whole"], *read["vectors"]):
        assert len(vector) == len(heard["whole"]) and torch.tensor(vector).norm() == pytest.approx(1.0, abs=1e-4)
    tagged = client.ask("POST", "/v1/tag", tone(4.0), labels=["a harp", "drums"], top=1)["tags"]["labels"]
    nearest = max(torch.tensor(read["vectors"]) @ torch.tensor(heard["whole"]))
    assert len(tagged) == 1 and abs(tagged[0]["similarity"]) <= 1 and abs(nearest) <= 1
    assert set(client.ask("POST", "/v1/tag", tone())["tags"]) == {"styles", "moods", "instruments"}


def test_an_upload_is_measured_and_silence_has_no_loudness(client: Client) -> None:
    found = client.ask("POST", "/v1/evaluate", tone(2.0), prompt="a harp, 90 bpm")
    assert found["seconds"] == 2.0 and found["clicks"] == 0 and -1 <= found["similarity"] <= 1
    silent = files.encoded(torch.zeros(1, 16_000), 16_000, ".wav")
    assert client.ask("POST", "/v1/evaluate", silent)["loudness"] is None
    one_sample = files.encoded(torch.zeros(1, 1), 16_000, ".wav")
    for path in ("evaluate", "encode", "embed", "tag"):
        try:
            client.ask("POST", f"/v1/{path}", one_sample)
        except ValueError as error:
            assert str(error)[:3] == "400"


def test_a_set_of_sounds_is_measured_as_a_job_with_its_reports(client: Client, made: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="409: job .* of kind music; it has no report"):
        client.ask("GET", f"/v1/jobs/{made['id']}/report")
    kept = [client.ask("POST", "/v1/sounds", tone(1.0 + number))["id"] for number in range(3)]
    asked = {"clips": [{"sound": kept[0], "prompt": "a harp, 90 bpm"}, {"sound": kept[1]}, {"job": made["id"]}]}
    job = client.ask("POST", "/v1/evaluations", asked | {"reference": [{"sound": one} for one in kept[1:]]})
    ended = until(client, job["id"], "done", "failed", "cancelled")
    assert (ended["state"], ended["kind"], ended["model"]) == ("done", "evaluation", "ear"), ended["error"]
    report = client.ask("GET", f"/v1/jobs/{job['id']}/report")
    assert client.ask("GET", ended["results"][0]["path"]) == report and report["clips"] == 3
    assert [row["prompt"] for row in report["rows"]] == ["a harp, 90 bpm", "", ""]
    assert report["rows"][0]["asked"] == {"tempo": "90"} and report["reference"] == "reference"
    titles = [one["title"] for one in report["sections"]]
    assert titles == list(ended["results"][0]["measured"]) and any("ear" in title for title in titles)
    for kind, begins in (("html", b"<!"), ("md", b"#")):
        text = client.ask("GET", f"/v1/jobs/{job['id']}/report", format=kind)
        assert text.lstrip().startswith(begins) and b"/served/" not in text
    assert "/served/" not in json.dumps([report, ended])
    for wrong in ({"clips": [{"sound": "0" * 16}]}, {"clips": [{"job": "0" * 16}]}, {"clips": []}):
        with pytest.raises(ValueError, match="400: there is no sound|404: there is no job|422"):
            client.ask("POST", "/v1/evaluations", wrong)
    with pytest.raises(ValueError, match="409: .* of kind evaluation"):
        client.result(job["id"])
    with pytest.raises(ValueError, match="409: .* makes no music"):
        client.ask("GET", f"/v1/jobs/{job['id']}/stream")
    with pytest.raises(ValueError, match="409: .* makes no music"):
        client.ask("POST", f"/v1/jobs/{job['id']}/again", {"seed": 1})
    assert job["id"] not in [one["id"] for one in client.ask("GET", "/v1/jobs", kind="music")]
    many = {"clips": [{"sound": kept[0]}] * 201}
    with pytest.raises(ValueError, match="400: refused: 201 clips are to be measured; 200 may be"):
        client.ask("POST", "/v1/evaluations", many)
    for one in kept:
        client.ask("DELETE", f"/v1/sounds/{one}")


def test_a_kept_sound_goes_into_a_job_until_it_is_deleted(client: Client) -> None:
    kept = client.ask("POST", "/v1/sounds", tone())
    assert (kept["seconds"], kept["sample_rate"], kept["channels"]) == (1.0, 16_000, 1)
    with pytest.raises(ValueError, match="400: tiny does not use init"):
        client.ask("POST", "/v1/jobs", {"init": {"sound": kept["id"]}})
    client.ask("DELETE", f"/v1/sounds/{kept['id']}")
    with pytest.raises(ValueError, match="400: there is no sound"):
        client.ask("POST", "/v1/jobs", {"init": {"sound": kept["id"]}})


@cache
def long_flac() -> bytes:
    """An hour of silence, in few bytes."""
    target = io.BytesIO()
    with soundfile.SoundFile(target, "w", 8000, 1, "PCM_16", format="FLAC") as sound:
        for _ in range(60):
            sound.write(torch.zeros(8000 * 60).numpy())
    return target.getvalue()


def zip_bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("song.flac", bytes(50_000_000))
    return target.getvalue()


@pytest.mark.parametrize("path", ["/v1/sounds", "/v1/encode", "/v1/embed", "/v1/tag", "/v1/evaluate"])
def test_what_is_no_sound_or_would_become_too_much_is_refused(client: Client, path: str) -> None:
    for content, said in (
        (zip_bomb(), "not audio that is taken"),
        (long_flac(), "3600 s of sound"),
        (b"fLaC" + bytes(1000), "the upload is not audio"),
        (tone()[:30], "the upload"),
        (b"", "no body"),
    ):
        with pytest.raises(ValueError, match=f"400: .*{said}"):
            client.ask("POST", path, content)


def test_an_upload_of_two_gigabytes_is_refused_before_it_comes(server: Served) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as line:
        line.sendall(b"POST /v1/sounds HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2147483648\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 413")


def test_an_upload_that_hides_its_length_is_cut_off(server: Served) -> None:
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(2048):
            sent += 1 << 20
            yield bytes(1 << 20)

    try:
        status = httpx.post(f"{server.url}v1/sounds", content=pieces(), timeout=PATIENCE).status_code
    except (httpx.NetworkError, httpx.RemoteProtocolError):  # the server had hung up already
        status = 413
    assert status == 413 and sent < 2**29
    too_much_json = json.dumps({"prompt": "x" * 1_500_000}).encode()
    assert httpx.post(f"{server.url}v1/jobs", content=too_much_json, headers=JSON, timeout=PATIENCE).status_code == 413
    assert not list(uploads(server).iterdir())


@pytest.mark.parametrize("path", ["/v1/sounds", "/v1/encode", "/v1/embed", "/v1/tag", "/v1/evaluate"])
def test_an_upload_that_kills_its_decoder_costs_one_answer(server: Served, client: Client, path: str) -> None:
    with pytest.raises(ValueError, match="400: the upload cannot be decoded: its decoder ended with code -11"):
        client.ask("POST", path, b"fLaC KILLS" + bytes(100))
    assert server.process.poll() is None and client.ask("GET", "/health") == {"status": "ok"}


def test_an_upload_that_breaks_off_leaves_nothing(server: Served, client: Client) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as line:
        line.sendall(b"POST /v1/tag HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" + bytes(5000))
        eventually(lambda: list(uploads(server).glob("*.upload")))
    eventually(lambda: not list(uploads(server).glob("*.upload")))
    assert client.ask("GET", "/health") == {"status": "ok"}


def test_a_disk_that_fills_is_said_and_the_server_goes_on(server: Served, client: Client) -> None:
    before = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (1 << 20, before[1]))  # files can grow no further
    try:
        with pytest.raises(ValueError, match="503: the server could not do it: File too large"):
            client.ask("POST", "/v1/sounds", bytes(1_500_000))
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, before)
    assert not list(uploads(server).glob("*.upload"))
    client.ask("DELETE", f"/v1/sounds/{client.ask('POST', '/v1/sounds', tone())['id']}")


def uploads(server: Served) -> Path:
    return server.kept / "uploads"


def test_a_thousand_jobs_at_once_are_bounded_by_a_clear_refusal(server: Served, client: Client) -> None:
    async def flood() -> list[httpx.Response]:
        bounds, patience = httpx.Limits(max_connections=30), httpx.Timeout(PATIENCE, pool=None)
        async with httpx.AsyncClient(base_url=server.url, limits=bounds, timeout=patience) as many:
            asked = {"prompt": "harp", "seconds": 30.0}
            return await asyncio.gather(*(many.post("/v1/jobs", json=asked) for _ in range(1000)))

    answers = asyncio.run(flood())
    taken = [answer.json()["id"] for answer in answers if answer.status_code == 202]
    refused = [answer for answer in answers if answer.status_code == 429]
    waiting = [job for job in client.ask("GET", "/v1/jobs") if job["state"] in ("queued", "running")]
    assert len(waiting) <= 6 and refused and len(taken) + len(refused) == 1000
    assert {answer.json()["detail"] for answer in refused} == {"refused: 7 jobs would wait; 6 may"}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
    for identity in taken:
        client.ask("POST", f"/v1/jobs/{identity}/cancel")
    for identity in taken:
        until(client, identity, "cancelled", "done")
    assert client.generate("harp", seconds=1.0)["state"] == "done"


def test_foreign_pages_are_refused_and_every_answer_is_counted(server: Served) -> None:
    with httpx.Client(base_url=server.url, timeout=PATIENCE) as visitor:
        assert visitor.get("health", headers={"Host": "evil.example"}).status_code == 421
        assert visitor.get("health", headers={"Origin": "http://evil.example"}).status_code == 403
        assert visitor.get("health").json() == {"status": "ok"}
        text = visitor.get("metrics").text
        visitor.get("health")
        later = visitor.get("metrics").text
    assert 'songloom_model_ready{model="damaged"} 0' in text and 'songloom_model_ready{model="tiny"} 1' in text
    before, after = (
        re.findall(r'requests_total{method="GET",route="/health",status="200"} (\d+)', one) for one in (text, later)
    )
    assert len(before) == len(after) == 1 and int(after[0]) == int(before[0]) + 1


def test_a_second_server_on_the_folder_refuses(server: Served, places: list[str], tmp_path: Path) -> None:
    taken = str(server.kept)
    words = [sys.executable, "-m", "songloom.app.cli", "serve", *places, "--folder", taken, "--port", "0"]
    second = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert second.returncode == 2 and "has a queue that is open" in second.stderr


@pytest.mark.parametrize("words", [("--replicas", 2), ("--replicas", 0, "--ray", "local")])
def test_replicas_are_of_a_cluster_and_at_least_one(run: Run, words: tuple[object, ...]) -> None:
    code, _, err = run("serve", *words)
    assert code == 2 and "it goes with --ray, and is at least 1" in " ".join(err.split())


def test_other_machines_need_a_token(run: Run) -> None:
    code, _, err = run("serve", "--host", "0.0.0.0", "--port", 0)
    assert code == 2 and "give --tokens FILE" in err


def test_a_server_told_to_end_leaves_its_job_to_the_next_and_a_token_keeps_strangers_out(
    model: Path, tmp_path: Path
) -> None:
    (tmp_path / "tokens").write_text("the-first-token-of-two\nthe-second-token-of-two\n", encoding="utf-8")
    words = ("serve", "--model", f"tiny={model}", "--port", 0, "--tokens", "tokens", "--patience", 0)
    with Served(tmp_path, *words) as server:
        first, second = (
            Client(server.url, f"the-{name}-token-of-two", timeout=PATIENCE) for name in ("first", "second")
        )
        with pytest.raises(ValueError, match="401: say who you are"):
            Client(server.url).ask("GET", "/v1/models")
        job = first.ask("POST", "/v1/jobs", {"prompt": "harp", "seconds": 600.0})
        until(first, job["id"], "running")
        assert second.ask("GET", "/v1/jobs") == []
        with pytest.raises(ValueError, match="404: there is no job"):
            second.ask("POST", f"/v1/jobs/{job['id']}/cancel")
        server.process.terminate()
        server.process.wait(PATIENCE)
        store = JobStore(tmp_path / "served")
        assert (store.get(job["id"]).state, store.get(job["id"]).crashes) == ("queued", 0)
