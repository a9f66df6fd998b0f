"""`songloom serve --ray local --replicas 2`: both answer; whichever process is killed, no job is lost or doubled."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from served import Served

from songloom.client import Client

pytest.importorskip("ray.serve")
PROCESSES = Path("/proc")
pytestmark = pytest.mark.skipif(not PROCESSES.is_dir(), reason="replicas are found under /proc")
PATIENCE = 900.0
BROKEN = (OSError, RuntimeError, ValueError)
"""What a client meets whose request was with a process that is gone: a connection that ends, 500, 503."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Iterator[Served]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")
        patch.setenv("RAY_memory_monitor_refresh_ms", "0")  # what others take is no reason to kill
        patch.setenv("RAY_worker_niceness", "0")  # other tests run beside these
        patch.setenv("RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S", "60")
        words = ("--ray", "local", "--replicas", 2, "--model", f"tiny={model}", "--port", 0, "--patience", 0)
        with Served(tmp_path_factory.mktemp("served"), "serve", *words) as started:
            yield started
            os.kill(started.process.pid, signal.SIGTERM)
            assert started.process.wait(PATIENCE) == 0


@pytest.fixture
def client(server: Served) -> Client:
    return Client(server.url, timeout=PATIENCE)


def ours(name: str, server: Served) -> list[int]:
    """The processes of a server's cluster whose names begin so."""
    found = []
    for folder in PROCESSES.iterdir():
        try:
            if folder.name.isdigit() and (folder / "cmdline").read_text().startswith(name):
                process = int(folder.name)
                while process > 1 and process != server.process.pid:
                    process = int((PROCESSES / str(process) / "stat").read_text().rpartition(")")[2].split()[1])
                found += [int(folder.name)] if process > 1 else []
        except OSError:  # it ended
            continue
    return found


def until(done: Callable[[], Any]) -> Any:
    """What `done` gives once it gives something; what breaks off is asked again."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if found := done():
                return found
        except BROKEN:
            pass
        time.sleep(0.05)
    raise TimeoutError


def replicas(client: Client, count: int) -> set[str]:
    """When replicas began, by their answers, once so many have answered."""
    found: set[str] = set()

    def heard() -> set[str] | None:
        lines = client.ask("GET", "/metrics").decode().splitlines()
        found.update(line for line in lines if line.startswith("process_start_time_seconds"))
        return found if len(found) >= count else None

    return until(heard)  # type: ignore[no-any-return]


def queued(client: Client, seed: int, seconds: float = 1.0) -> str:
    wish = {"prompt": "harp", "model": "tiny", "seconds": seconds, "seed": seed}
    return str(client.ask("POST", "/v1/jobs", wish)["id"])


def ended(client: Client, identity: str) -> dict[str, Any]:
    def job() -> dict[str, Any] | None:
        found = client.ask("GET", f"/v1/jobs/{identity}")
        return found if found["state"] in {"done", "failed", "cancelled"} else None

    return until(job)  # type: ignore[no-any-return]


def test_a_replica_that_is_killed_in_the_middle_of_requests_costs_its_answers_alone(
    server: Served, client: Client
) -> None:
    replicas(client, 2)
    accepted, broken, over = list[str](), list[Exception](), threading.Event()

    def ask(first: int) -> None:
        seeds, taken = itertools.count(first), 0
        while taken < 5:
            try:
                accepted.append(queued(client, next(seeds)))
                taken += 1
            except BROKEN as error:
                broken.append(error)
                time.sleep(0.1)

    def look() -> None:
        while not over.is_set():
            try:
                client.ask("GET", "/v1/jobs")
            except BROKEN as error:
                broken.append(error)
            time.sleep(0.02)

    askers = [threading.Thread(target=ask, args=(first,)) for first in (0, 1000)]
    lookers = [threading.Thread(target=look) for _ in range(2)]
    for thread in (*askers, *lookers):
        thread.start()
    until(lambda: len(accepted) >= 2)
    os.kill(until(partial(ours, "ray::ServeReplica", server))[0], signal.SIGKILL)
    for thread in askers:
        thread.join()
    over.set()
    for thread in lookers:
        thread.join()
    assert {ended(client, identity)["state"] for identity in accepted} == {"done"}
    known = [one["id"] for one in client.ask("GET", "/v1/jobs")]
    assert len(known) == len(set(known)) and set(accepted) <= set(known)
    assert len(known) <= len(accepted) + len(broken) and len(accepted) == 10
    replicas(client, 2)  # another one came


def test_a_worker_and_the_keeper_that_are_killed_cost_no_job(server: Served, client: Client) -> None:
    before = {one["id"] for one in client.ask("GET", "/v1/jobs")}
    made = [queued(client, seed, seconds=30.0) for seed in range(200, 203)]
    for name in ("ray::Maker", "ray::Keeper"):
        until(lambda: any(client.ask("GET", f"/v1/jobs/{one}")["state"] == "running" for one in made))
        os.kill(until(partial(ours, name, server))[0], signal.SIGKILL)
    jobs = [ended(client, identity) for identity in made]
    assert [job["state"] for job in jobs] == ["done"] * 3
    assert {one["id"] for one in client.ask("GET", "/v1/jobs")} == before | set(made)
    assert [len(job["results"]) for job in jobs] == [1] * 3
    assert all(client.result(identity)[:4] == b"fLaC" for identity in made)


def test_music_is_heard_while_it_is_made(client: Client) -> None:
    pieces = list(client.stream("harp", model="tiny", seconds=4.0, seed=1))
    assert len(pieces) > 1 and pieces[0][:4] == b"RIFF"
