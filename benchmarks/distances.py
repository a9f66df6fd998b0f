"""How long the distances between two sets of embeddings take, and what they say of two draws of one Gaussian.

    python benchmarks/distances.py [--rows 10000] [--width 512] [--runs 3] [--docs docs/evaluation.md]

One thread as far as the environment says so (OMP_NUM_THREADS=1); medians over the runs.
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


def timed(distance: Callable[[np.ndarray, np.ndarray], float], runs: int, *sets: np.ndarray) -> tuple[float, float]:
    """Median seconds, and the distance."""
    seconds, value = [], 0.0
    for _ in range(runs):
        begin = time.perf_counter()
        value = distance(sets[0], sets[1])
        seconds.append(time.perf_counter() - begin)
    return float(np.median(seconds)), value


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
        seconds, value = timed(distance, given.runs, first, second)
        rows.append([name, f"{seconds:.2f}", f"{value:.4f}"])
    here = machine()
    note = f"Two sets of {given.rows:,} x {given.width} embeddings, medians of {given.runs} runs; {here['cpu']}, numpy "
    note += f"{here['numpy']}."
    publish("distances", ["distance", "seconds", "value"], rows, note, docs=given.docs)


if __name__ == "__main__":
    main()
