"""How a server holds under load: 1, 4 and 16 clients that each ask for music again and again, on the loopback.

    OMP_NUM_THREADS=1 python benchmarks/serve_load.py --model loom --seconds 2 --budget 10

Each client queues a job, follows its events to the end and fetches the result as flac, then begins anew, until the
level's `budget` of seconds is over; what is not done by then is cancelled and does not count. Latency is that of all
three steps. Music a second is what all clients together got. Memory is that of the server and of its worker at the
level's end. Times are of the clock: other work on the machine counts. A job before the first level warms the worker up.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import cyclopts
from machine import machine

from songloom.client import Client

LEVELS = (1, 4, 16)


def main(model: str = "loom", seconds: float = 2.0, budget: float = 10.0, clients: tuple[int, ...] = LEVELS) -> None:
    """Prints a JSON line for each number of clients, the machine first.

    Parameters
    ----------
    model:
        An embedded model, or a checkpoint folder.
    seconds:
        Of music in a job.
    budget:
        Seconds in which a level begins jobs.
    clients:
        The numbers of clients.
    """
    print(json.dumps(machine()))
    place = f"served={model if model in ('loom',) else Path(model).resolve()}"
    with tempfile.TemporaryDirectory() as folder:
        words = ("--model", place, "--port", "0", "--rate", "10000", "--folder", folder)
        command = [sys.executable, "-m", "songloom.app.cli", "serve", *words]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        try:
            url = server.stdout.readline().split()[0]
            Client(url).generate("calm harp, 90 bpm", seconds=seconds)
            for count in clients:
                print(json.dumps(level(url, count, seconds, budget) | {"memory_mb": memory(server.pid)}), flush=True)
        finally:
            server.terminate()
            server.wait()


def level(url: str, count: int, seconds: float, budget: float) -> dict[str, float | None]:
    """So many clients at once; what they met."""
    met: list[float] = []
    over = threading.Event()
    threads = [threading.Thread(target=ask, args=(Client(url), seconds, over, met)) for _ in range(count)]
    for thread in threads:
        thread.start()
    time.sleep(budget)
    over.set()
    owner = Client(url)
    for job in owner.ask("GET", "/v1/jobs"):
        if job["state"] in ("queued", "running"):
            owner.ask("POST", f"/v1/jobs/{job['id']}/cancel")
    for thread in threads:
        thread.join()
    ordered = sorted(met)
    return {
        "clients": count,
        "jobs": len(met),
        "jobs_per_second": round(len(met) / budget, 2),
        "music_seconds_per_second": round(seconds * len(met) / budget, 2),
        "p50_seconds": round(statistics.median(ordered), 3) if met else None,
        "p95_seconds": round(ordered[-(-95 * len(ordered) // 100) - 1], 3) if met else None,
    }


def ask(client: Client, seconds: float, over: threading.Event, met: list[float]) -> None:
    """Jobs of one client, one after the other, until it is over; adds how long each took."""
    while not over.is_set():
        began = time.monotonic()
        try:
            job = client.generate("calm harp, 90 bpm", seconds=seconds)
        except RuntimeError:  # cancelled at the end
            return
        client.result(job["id"])
        if not over.is_set():
            met.append(time.monotonic() - began)


def memory(server: int) -> int:
    """Megabytes that a process and its children have now."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text(encoding="ascii").split()
    processes = [str(server), *children]
    pages = [int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]) for process in processes]
    return round(sum(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6)


if __name__ == "__main__":
    cyclopts.run(main)
