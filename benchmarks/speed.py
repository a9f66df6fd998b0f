"""How fast and how large: loading, music of several lengths, the first sound of a stream, memory, `songloom --help`.

    python benchmarks/speed.py --model flow --runs 5 --out runs/speed.json

Every run is a fresh process, so that loading and peak memory are those of a user's first command.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import cyclopts
from cyclopts import Parameter
from figures import publish
from machine import machine
from rich.console import Console
from rich.progress import track

PROMPT = "warm lo-fi piano with soft drums, 75 bpm"


def main(
    *,
    model: str = "flow",
    runs: int = 5,
    lengths: Annotated[tuple[float, ...], Parameter(consume_multiple=True)] = (10.0, 30.0),
    prompt: str = PROMPT,
    threads: int | None = None,
    out: Path | None = None,
    docs: Path | None = None,
    child: Annotated[bool, Parameter(show=False)] = False,
) -> None:
    """Time a model on this machine; the table shows medians of all runs, with the fastest and slowest.

    Parameters
    ----------
    model:
        An embedded model's name or a checkpoint folder.
    runs:
        Fresh processes.
    lengths:
        Seconds of music.
    prompt:
        What is asked for.
    threads:
        Threads of torch; its own choice without it.
    out:
        A JSON file for all figures.
    docs:
        A document with the markers of this table, to be filled in.
    """
    if runs < 1 or not lengths:
        raise ValueError(f"{runs} runs of {len(lengths)} lengths; give at least one of each")
    if child:
        print(json.dumps(one_run(model, prompt, lengths, threads)))
        return
    command = [sys.executable, __file__, "--child", "--model", model, "--prompt", prompt]
    command += ["--lengths", *map(str, lengths), *(["--threads", str(threads)] if threads else [])]
    measured = []
    for _ in track(range(runs), description=f"{model}, {runs} runs", console=Console(stderr=True)):
        answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        measured.append(json.loads(answer.stdout.splitlines()[-1]) | {"songloom --help, s": help_seconds()})
    result = {"machine": machine(), "model": model, "prompt": prompt, "threads": threads, "runs": measured}
    show(result, out, docs)


def one_run(model: str, prompt: str, lengths: Sequence[float], threads: int | None) -> dict[str, float]:
    """All figures of this process."""
    started = time.perf_counter()
    import torch

    from songloom.inference import song
    from songloom.inference.ranking import ranked, tried
    from songloom.systems.request import Request

    if threads:
        torch.set_num_threads(threads)
    opened = song.open_model(model)
    figures = {"load, s": time.perf_counter() - started, "parameters, millions": _millions(opened.system)}
    started = time.perf_counter()
    stream = song.stream(opened, Request(prompt=prompt, seconds=max(lengths)))
    next(stream)
    figures["first audio, s"] = time.perf_counter() - started
    stream.close()  # type: ignore[attr-defined]
    for seconds in lengths:
        one = Request(prompt=prompt, seconds=seconds)
        usual = tried(opened.system, one)
        for request in dict.fromkeys((one, usual)):
            started = time.perf_counter()
            ranked(song.make(opened, request), request)
            taken = time.perf_counter() - started
            best = f", best of {request.candidates}" if request.candidates > 1 else ""
            figures[f"{seconds:g} s of music{best}, s"] = taken
            figures[f"{seconds:g} s{best}, real-time factor"] = taken / seconds
    return figures | {"peak memory, MB": peak_megabytes()}


def help_seconds() -> float:
    """Wall clock of `songloom --help`."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "songloom.app.cli", "--help"], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def peak_megabytes() -> float:
    """The most memory that this process held."""
    import resource

    status = Path("/proc/self/status")
    if status.is_file():  # what Linux tells below begins with the most that the parent held
        rows = status.read_text(encoding="utf-8").splitlines()
        return next(int(row.split()[1]) for row in rows if row.startswith("VmHWM")) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 1024)


def show(result: dict[str, Any], out: Path | None, docs: Path | None) -> None:
    """Prints the table; writes the files that were asked for."""
    runs: list[dict[str, float]] = result["runs"]
    rows = []
    for name in runs[0]:
        values = [run[name] for run in runs]
        rows.append([name, *(f"{value:.3g}" for value in (statistics.median(values), min(values), max(values)))])
    headers = ["figure", "median", "least", "most"]
    where = result["machine"]
    note = f"{where['cpu']}, {where['cores']} cores, torch {where['torch']}; {len(runs)} fresh processes."
    publish("speed", headers, rows, note, result=result, out=out, docs=docs)


def _millions(system: Any) -> float:
    return sum(weight.numel() for weight in system.parameters()) / 1e6


if __name__ == "__main__":
    cyclopts.run(main)
