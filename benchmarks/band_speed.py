"""How fast does the band render, as multiples of real time on one core; is the sound that of another version?

    python benchmarks/band_speed.py [--pieces 12] [--rounds 3] [--against ../other/src] [--docs docs/data.md]

Every round makes pieces of a corpus as `songloom data band` does (composed, rendered, written as FLAC with their
records) in a process of its own, and counts its CPU time once the soundfonts are loaded, so that a loaded machine
disturbs little. With --against (the `src` folder of another version) both versions make the same pieces in turn, and
what they wrote is compared byte by byte.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from figures import publish
from machine import machine

MINE = Path(__file__).resolve().parent.parent / "src"


def make(first: int, last: int, seconds: float) -> dict[str, Any]:
    """Makes pieces first..last - 1 of corpus 0: CPU and audio seconds, and a hash of each piece's files."""
    from songloom.band import corpus

    order = corpus.Order(0, seconds, stems=False)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        corpus.make_clip(out, order, last)  # the soundfonts load with the first piece
        began = time.process_time()
        clips = [corpus.make_clip(out, order, index) for index in range(first, last)]
        taken = time.process_time() - began
        hashes = [hashlib.sha256((out / clip.audio).read_bytes() + repr(clip).encode()).hexdigest() for clip in clips]
    return {"cpu": taken, "audio": sum(clip.seconds for clip in clips), "hashes": hashes}


def elsewhere(source: Path, first: int, last: int, seconds: float) -> dict[str, Any]:
    """`make` in a new process with the package of `source`."""
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    command = [sys.executable, __file__, "--make", str(first), str(last), "--seconds", str(seconds)]
    done = subprocess.run(
        command, env={**os.environ, **one, "PYTHONPATH": str(source)}, stdout=subprocess.PIPE, check=True
    )
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def main() -> None:
    """Reads the options, makes pieces in turn, prints."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pieces", type=int, default=12, help="of a round")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=float, default=30.0)
    options.add_argument("--against", type=Path)
    options.add_argument("--docs", type=Path)
    options.add_argument("--make", type=int, nargs=2, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.make:
        print(json.dumps(make(*given.make, given.seconds)))
        return
    sources = {"this version": MINE} | ({"the other": given.against.resolve()} if given.against else {})
    made: dict[str, list[dict[str, Any]]] = {name: [] for name in sources}
    for number in range(given.rounds):
        first = number * given.pieces
        for name, source in sources.items():
            made[name].append(elsewhere(source, first, first + given.pieces, given.seconds))
    rows = [[name, *_cells(rounds), _same(rounds, made["this version"])] for name, rounds in made.items()]
    here = machine()
    note = (
        f"{given.rounds} rounds of {given.pieces} pieces of {given.seconds:g} s, CPU time of one thread, "
        f"{here['cpu']}, numpy {here['numpy']}."
    )
    publish("band-speed", ["version", "times real time", "least", "most", "same files"], rows, note, docs=given.docs)


def _cells(rounds: list[dict[str, Any]]) -> list[str]:
    speeds = [one["audio"] / one["cpu"] for one in rounds]
    return [f"{value:.1f}" for value in (median(speeds), min(speeds), max(speeds))]


def _same(rounds: list[dict[str, Any]], mine: list[dict[str, Any]]) -> str:
    pairs = [a == b for one, other in zip(rounds, mine, strict=True)
             for a, b in zip(one["hashes"], other["hashes"], strict=True)]  # fmt: skip
    return f"{sum(pairs)} of {len(pairs)}"


if __name__ == "__main__":
    main()
