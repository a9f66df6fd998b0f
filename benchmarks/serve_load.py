"""How a server holds under load: 1, 4 and 16 clients that each ask for music again and again, on the loopback.

    OMP_NUM_THREADS=2 python benchmarks/serve_load.py --model flow --seconds 10 --budget 18

Each client queues a job, follows its events to the end and fetches the result as flac, then begins anew, until the
level's `budget` of seconds is over; what is not done by then is cancelled and does not count. There is a server for
each number of jobs that may be made `together` (1: each alone), and they take turns at every level. Latency is that of
all three steps; jobs a second are those that were done, over the time until the last of them was. Memory is that of the
server and of its worker at the level's end. Times are of the clock: other work on the machine counts. A job before the
first level warms each worker up.
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
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import cyclopts
from machine import machine

from songloom.client import Client

LEVELS = (1, 4, 16)
TOGETHER = (1, 8)


def main(
    model: str = "flow",
    seconds: float = 10.0,
    budget: float = 18.0,
    clients: tuple[int, ...] = LEVELS,
    together: tuple[int, ...] = TOGETHER,
) -> None:
    """Prints a JSON line for each number of clients and each server, the machine first.

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
    together:
        For each server, how many jobs it may make at once.
    """
    print(json.dumps(machine()))
    place = f"served={Path(model).resolve() if Path(model).exists() else model}"
    with ExitStack() as stack:
        servers = {count: stack.enter_context(served(place, count)) for count in together}
        for url, _ in servers.values():
            Client(url).generate("calm harp, 90 bpm", seconds=seconds)
        for count in clients:
            for at_once, (url, process) in servers.items():
                found = {"clients": count, "together": at_once} | level(url, count, seconds, budget)
                print(json.dumps(found | {"memory_mb": memory(process)}), flush=True)


@contextmanager
def served(place: str, together: int) -> Iterator[tuple[str, int]]:
    """A server of its own: its address, and its process."""
    with tempfile.TemporaryDirectory() as folder:
        words = ("--model", place, "--port", "0", "--rate", "10000", "--folder", folder, "--together", str(together))
        command = [sys.executable, "-m", "songloom.app.cli", "serve", *words]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()[0], server.pid
        finally:
            server.terminate()
            server.wait()


def level(url: str, count: int, seconds: float, budget: float) -> dict[str, float | None]:
    """So many clients at once; what they met."""
    met: list[tuple[float, float]] = []
    over, begin = threading.Event(), time.monotonic()
    until = begin + budget
    threads = [threading.Thread(target=ask, args=(Client(url), seconds, until, over, met)) for _ in range(count)]
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
    took = sorted(end - start for start, end in met)
    rate = len(met) / (max(end for _, end in met) - begin) if met else 0.0
    return {
        "jobs": len(met),
        "jobs_per_second": round(rate, 3),
        "music_seconds_per_second": round(seconds * rate, 2),
        "p50_seconds": round(statistics.median(took), 2) if met else None,
        "p95_seconds": round(took[-(-95 * len(took) // 100) - 1], 2) if met else None,
    }


def ask(client: Client, seconds: float, until: float, over: threading.Event, met: list[tuple[float, float]]) -> None:
    """Jobs of one client, one after the other, until it is over; adds when each began and ended, if by `until`."""
    while not over.is_set():
        began = time.monotonic()
        try:
            job = client.generate("calm harp, 90 bpm", seconds=seconds)
        except RuntimeError:  # cancelled at the end
            return
        client.result(job["id"])
        if (ended := time.monotonic()) <= until:
            met.append((began, ended))


def memory(server: int) -> int:
    """Megabytes that a process and its children have now."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text(encoding="ascii").split()
    processes = [str(server), *children]
    pages = [int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]) for process in processes]
    return round(sum(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6)


if __name__ == "__main__":
    cyclopts.run(main)
