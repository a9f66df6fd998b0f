"""How long a search takes: an index of random windows, searched for random vectors, beside plain products.

    OMP_NUM_THREADS=1 python benchmarks/search.py --clips 100000 --width 512 --docs docs/search.md

A first search is the whole of it: opening the index, mapping the rows, all products, the nearest files with their
names; a later one finds the rows mapped. The rows lie in the page cache; opening an embedder and embedding the query
come on top and depend on the embedder. The plain products are what numpy and torch take for the same rows in float32,
without any names. Searches and products take turns; times are CPU time, of one thread, so that other work on the
machine does not count.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cyclopts
import numpy as np
import torch
from figures import publish
from machine import machine
from torch import Tensor
from torch.nn import functional

from songloom.inference.library_index import Heard, LibraryIndex

MARKER = "search"
TOGETHER = 5000
"""Clips that are added in one step."""


def main(
    *,
    clips: int = 100_000,
    width: int = 512,
    queries: int = 20,
    out: Path | None = None,
    docs: Path | None = None,
) -> None:
    """Times searches in an index of random clips.

    Parameters
    ----------
    clips:
        Files of one window each.
    width:
        Numbers of an embedding.
    queries:
        How many searches.
    out:
        A JSON file for all figures.
    docs:
        A document with the markers of this table, to be filled in.
    """
    if min(clips, width, queries) < 1:
        raise ValueError(f"{clips} clips of width {width} and {queries} queries; give at least one of each")
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        index, rows = filled(Path(folder), clips, width, generator)
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        times, right = timed(index, rows, queries, generator)
    figures = {name: 1000 * statistics.median(found) for name, found in times.items()}
    table = [[name, f"{figures[name]:.1f}", f"{1000 * max(times[name]):.1f}"] for name in times]
    here = machine()
    note = (
        f"{here['cpu']}, torch {here['torch']}, CPU time of one thread: {clips:,} windows of {width} numbers, "
        f"{size / 1e6:.0f} MB on the disk, {queries} searches; the nearest ten are those of float64 in "
        f"{100 * right:.0f} % of them."
    )
    result = {"clips": clips, "width": width, "bytes": size, "milliseconds": figures, "right": right, "machine": here}
    publish(MARKER, ("", "median, ms", "slowest, ms"), table, note, result=result, out=out, docs=docs)


def filled(folder: Path, clips: int, width: int, generator: torch.Generator) -> tuple[LibraryIndex, Tensor]:
    """An index of random clips, and their vectors [N, E]."""
    index = LibraryIndex(folder, "random", width)
    rows = functional.normalize(torch.randn(clips, width, generator=generator), dim=-1)
    for first in range(0, clips, TOGETHER):
        part = rows[first : first + TOGETHER]
        index.add([Heard(f"folder/{first + n:06d}.wav", 1, 1, (0.0,), row[None]) for n, row in enumerate(part)])
    return index, rows


def timed(
    index: LibraryIndex, rows: Tensor, queries: int, generator: torch.Generator
) -> tuple[dict[str, list[float]], float]:
    """Seconds of every search and product, and the part of the searches that found the nearest ten in order."""
    plain, right = rows.numpy(), 0
    names = ("songloom, first search", "songloom, later searches", "numpy, float32", "torch, float32")
    times: dict[str, list[float]] = {name: [] for name in names}
    wanted = functional.normalize(torch.randn(queries + 1, rows.shape[1], generator=generator), dim=-1)
    for number, query in enumerate(wanted):  # the first one warms up
        ways: list[Callable[[Tensor], object]] = [
            lambda query: LibraryIndex(index.folder, "random", index.width).search(query, 10),
            lambda query: index.search(query, 10),
            lambda query: plain @ query.numpy(),
            lambda query: rows @ query,
        ]
        for found, way in zip(times.values(), ways, strict=True):
            began = time.process_time()
            way(query)
            found += [time.process_time() - began] if number else []
        if number:
            exact = np.argsort(-(plain @ query.numpy().astype(np.float64)))[:10]
            right += [hit.path for hit in index.search(query, 10)] == [f"folder/{row:06d}.wav" for row in exact]
    return times, right / queries


if __name__ == "__main__":
    cyclopts.run(main)
