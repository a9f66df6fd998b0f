"""How long the distances between two sets of embeddings take, and what they say of two draws of one Gaussian.

    python benchmarks/distances.py [--rows 10000] [--width 512] [--runs 3] [--docs docs/evaluation.md]

One thread as far as the environment says so (OMP_NUM_THREADS=1); medians over the runs. CPU seconds are what the
distance takes on an idle machine; the wall clock also counts what others do on this one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from figures import publish
from machine import machine

from songloom.metrics.frechet import frechet_distance
from songloom.metrics.kernel_distance import kernel_distance


def timed(
    distance: Callable[[np.ndarray, np.ndarray], float], runs: int, *sets: np.ndarray
) -> tuple[float, float, float]:
    """Median seconds of the wall clock and of the processor, and the distance."""
    seconds, value = [], 0.0
    for _ in range(runs):
        begin = time.perf_counter(), time.process_time()
        value = distance(sets[0], sets[1])
        seconds.append((time.perf_counter() - begin[0], time.process_time() - begin[1]))
    wall, processor = np.median(seconds, axis=0)
    return float(wall), float(processor), value


def main() -> None:
    """Reads the options, measures, prints."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=10_000)
    options.add_argument("--width", type=int, default=512)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--docs", type=Path)
    given = options.parse_args()
    rng = np.random.default_rng(0)
    first, second = (rng.normal(size=(given.rows, given.width)).astype(np.float32) for _ in range(2))
    rows = []
    for name, distance in (("Fréchet", frechet_distance), ("kernel", kernel_distance)):
        wall, processor, value = timed(distance, given.runs, first, second)
        rows.append([name, f"{wall:.2f}", f"{processor:.2f}", f"{value:.4f}"])
    here = machine()
    runs = "1 run" if given.runs == 1 else f"{given.runs} runs"
    note = f"Two sets of {given.rows:,} x {given.width} embeddings, median of {runs}; {here['cpu']}, "
    note += f"numpy {here['numpy']}."
    headers = ["distance", "seconds", "CPU seconds", "value"]
    publish("distances", headers, rows, note, docs=given.docs)


if __name__ == "__main__":
    main()
