"""Crops a second that training can read, out of tar shards and out of the wave cache, against what a model needs.

    OMP_NUM_THREADS=1 python benchmarks/reading.py --docs docs/data.md

Tones and noise become tar shards of FLAC and a cache of int16; both are read by the data set that training uses, in
turns, so that a figure has all of a crop's way: drawing, opening, decoding, stacking. Reading is CPU time of one
thread, files in the page cache. The need is a system's losses and their gradients for a batch of its own recipe, in CPU
time of one thread too, or by the clock on a GPU; optimiser and opponents left out, so that it is rather too high.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import cyclopts
import numpy as np
import soundfile
import torch
from figures import publish
from machine import machine

from songloom.data.batch import Batch
from songloom.data.dataset import Dataset, open_waves
from songloom.data.manifest import read
from songloom.data.prepare.pipeline import prepare
from songloom.data.prepare.tar_shards import Sound
from songloom.data.waves import cache_waves
from songloom.systems.roles import System
from songloom.training import session

MARKER = "reading"
STEPS = 2


def main(
    *,
    system: str = "spectral-codec",
    clips: int = 24,
    seconds: float = 30.0,
    batches: int = 30,
    device: str = "cpu",
    out: Path | None = None,
    docs: Path | None = None,
) -> None:
    """Times reading and one step.

    Parameters
    ----------
    system:
        Whose sample rate, crop and batch count, and whose step is timed.
    clips:
        How many clips are made.
    seconds:
        Their length.
    batches:
        How many batches are read of each.
    device:
        Where the step runs.
    out:
        A JSON file for all figures.
    docs:
        A document with the markers of this table, to be filled in.
    """
    torch.set_num_threads(1)
    plan = session.plan(system, None, {}, {}, None, None)
    model, recipe = plan.settings.build(), plan.recipe
    with tempfile.TemporaryDirectory() as place:
        music, shards = Path(place) / "music", Path(place) / "shards"
        make_music(music, clips, seconds, model.sample_rate)
        prepare(music, shards, sound=Sound(model.sample_rate, model.channels), keep_near=True)
        size = sum(path.stat().st_size for path in shards.glob("*.tar"))
        straight = open_waves(shards, sample_rate=model.sample_rate, channels=model.channels)
        found = read(shards)
        waves = cache_waves(shards, found, sample_rate=model.sample_rate, channels=model.channels)
        sets = {"tar shards (FLAC)": straight, "wave cache (int16)": Dataset(found, waves=waves)}
        rates = timed(sets, batches, recipe.batch_size, recipe.seconds)
        batch = straight.batch(0, batch_size=recipe.batch_size, crop_seconds=recipe.seconds)
        need = recipe.batch_size / min(step_seconds(model, batch, device) for _ in range(STEPS))
    rows = [[name, f"{rate:.0f}", f"{rate * recipe.seconds:.0f}", f"{rate / need:.0f}"] for name, rate in rates.items()]
    here = machine()
    note = (
        f"{here['cpu']}, torch {here['torch']}: crops of {recipe.seconds:g} s at {model.sample_rate:,} Hz out of "
        f"{clips} clips of {seconds:g} s, {size / 1e6:.0f} MB as FLAC, CPU time of one thread. {system} takes "
        f"{need:.2g} crops a second in training on {device}."
    )
    headers = ("read from", "crops/s", "seconds of sound/s", "times the need")
    result = {"system": system, "rates": rates, "need": need, "clips": clips, "bytes": size, "machine": here}
    publish(MARKER, headers, rows, note, result=result, out=out, docs=docs)


def make_music(folder: Path, clips: int, seconds: float, sample_rate: int) -> None:
    """Clips of tones in noise, which pack about as music does."""
    folder.mkdir()
    for number in range(clips):
        drawn = np.random.default_rng(number)
        steps = np.repeat(drawn.uniform(100, 2000, (int(4 * seconds) + 1, 4)), sample_rate // 4, axis=0)
        steps = steps[: int(seconds * sample_rate)]
        tones = np.sin(2 * np.pi * np.cumsum(steps, axis=0) / sample_rate).mean(1)
        soundfile.write(folder / f"{number}.wav", 0.4 * tones + 0.01 * drawn.standard_normal(len(steps)), sample_rate)


def timed(sets: dict[str, Dataset], batches: int, batch_size: int, seconds: float) -> dict[str, float]:
    """Crops per CPU second of each data set, by the median over batches that are read in turns."""
    spent: dict[str, list[float]] = {name: [] for name in sets}
    for step in range(batches):
        for name, data in sets.items():
            begin = time.process_time()
            data.batch(step, batch_size=batch_size, crop_seconds=seconds)
            spent[name].append(time.process_time() - begin)
    return {name: batch_size / statistics.median(times) for name, times in spent.items()}


def step_seconds(model: System, batch: Batch, device: str) -> float:
    """Seconds of one forward and backward pass: of the processor on a CPU, by the clock on a GPU."""
    clock = time.process_time if device == "cpu" else time.perf_counter
    model.to(device).train()
    begin = clock()
    losses = model.losses(batch.to(device), step=0)
    torch.stack([loss for name, loss in losses.items() if not name.startswith("~")]).sum().backward()
    if device != "cpu":
        torch.cuda.synchronize()
    return clock() - begin


if __name__ == "__main__":
    cyclopts.run(main)
