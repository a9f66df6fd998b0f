"""Clips for the benchmarks: made or copied by worker processes, measured, and kept with a note of how they were made.

Beside every `0001.wav` lies `0001.json` with its recipe, the ear that measured it and what it heard; a clip whose
recipe still holds is not made again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from songloom.audio import files
from songloom.audio.clip import Audio
from songloom.checkpoint import file_hash, model_hash
from songloom.data.manifest import write_atomically
from songloom.inference import song
from songloom.inference.ranking import ranked, tried
from songloom.metrics.adherence import Measured, measure, of_json
from songloom.metrics.ear import Ear
from songloom.systems import registry
from songloom.systems.request import Request

UNWRITTEN = ("band", "noise")
NOISE_RATE = 32_000


@dataclass(frozen=True)
class Task:
    """One clip at `path`: `kind` "generate" (from `request`), "codec" (a copy of `source` through the model's codec),
    or, only measured and not written, "band" (the first `seconds` of `source`) or "noise" (of `request`)."""

    kind: str
    path: Path
    seconds: float
    request: dict[str, Any] | None = None
    source: Path | None = None


@dataclass(frozen=True)
class Bench:
    """What every worker needs: the model's name, the ear's file, the loudness of what is generated."""

    model: str
    ear: Path
    loudness: float


def perform(bench: Bench, task: Task) -> Measured:
    """Makes the clip where its recipe changed, measures it where clip or ear changed."""
    note = task.path.with_suffix(".json")
    known: dict[str, Any] = json.loads(note.read_text(encoding="utf-8")) if note.is_file() else {}
    wanted = {"recipe": recipe(bench, task), "ear": _hash(bench.ear)}
    fresh = known.get("recipe") == wanted["recipe"] and (task.kind in UNWRITTEN or task.path.is_file())
    if fresh and known.get("ear") == wanted["ear"]:
        return of_json(known["measured"])
    wave, rate = files.read(task.path) if fresh and task.kind not in UNWRITTEN else KINDS[task.kind](bench, task)
    heard = measure(wave, rate, _ear(bench.ear))
    write_atomically(note, json.dumps({**wanted, "measured": asdict(heard)}, ensure_ascii=False))
    return heard


def recipe(bench: Bench, task: Task) -> dict[str, Any]:
    """Everything that the clip depends on."""
    made: dict[str, Any] = {"kind": task.kind, "seconds": task.seconds}
    if task.kind not in UNWRITTEN:
        made["model"] = _model_hash(bench.model)
    if task.request is not None:
        made |= {"request": task.request, "loudness": bench.loudness}
    if task.source is not None:
        made["source"] = _hash(task.source)
    return made


def generated(bench: Bench, task: Task) -> tuple[Tensor, int]:
    """The request's music, written to the task's path."""
    opened, asked = song.open_model(bench.model), task.request or {}
    request = tried(opened.system, Request(**asked), asked.get("candidates"))
    audio = ranked(song.make(opened, request, loudness=bench.loudness), request)[0]
    task.path.parent.mkdir(parents=True, exist_ok=True)
    audio.save(task.path)
    return audio.wave, audio.sample_rate


def copied(bench: Bench, task: Task) -> tuple[Tensor, int]:
    """The source through the codec of the model, in as many streams as the model writes."""
    system = song.open_model(bench.model).system
    codec, streams = system.codec, getattr(system.config, "streams", None)
    assert task.source is not None
    wave, rate = files.read(task.source, sample_rate=codec.sample_rate, channels=codec.channels, seconds=task.seconds)
    with torch.inference_mode():
        copy = codec.detokenize(codec.tokenize(wave[None], streams=streams), length=wave.shape[-1])[0].clamp(-1, 1)
    task.path.parent.mkdir(parents=True, exist_ok=True)
    Audio(copy, rate).save(task.path)
    return copy, rate


def rendered(_: Bench, task: Task) -> tuple[Tensor, int]:
    """The beginning of the source as it is."""
    assert task.source is not None
    return files.read(task.source, seconds=task.seconds)


def noise(_: Bench, task: Task) -> tuple[Tensor, int]:
    """White noise, or pink (equal power in every octave)."""
    wanted = task.request or {}
    rng = np.random.default_rng(wanted["seed"])
    spectrum = np.fft.rfft(rng.normal(size=round(task.seconds * NOISE_RATE)))
    if wanted["kind"] == "pink noise":
        spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1.0))
    wave = np.fft.irfft(spectrum)
    return torch.from_numpy(0.1 * wave / wave.std()).float()[None], NOISE_RATE


KINDS = {"generate": generated, "codec": copied, "band": rendered, "noise": noise}


def perform_all(
    workers: ProcessPoolExecutor | None, bench: Bench, tasks: Sequence[Task], done: Callable[[], None]
) -> list[Measured]:
    """All tasks, by the workers or by this process; `done` is called after each one."""
    if workers is None:
        return [_told(perform(bench, task), done) for task in tasks]
    running = {workers.submit(perform, bench, task): place for place, task in enumerate(tasks)}
    heard = {}
    for future in as_completed(running):
        heard[running[future]] = _told(future.result(), done)
    return [heard[place] for place in range(len(tasks))]


@contextmanager
def workers(jobs: int) -> Iterator[ProcessPoolExecutor | None]:
    """`jobs` processes of one thread each, with what they loaded; None for one job, which is this process'."""
    if jobs == 1:
        yield None
        return
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _told(heard: Measured, done: Callable[[], None]) -> Measured:
    done()
    return heard


@lru_cache
def _ear(path: Path) -> Ear:
    return Ear.load(path)


@cache
def _hash(path: Path) -> str:
    return file_hash(path)[:16]


@lru_cache
def _model_hash(name: str) -> str:
    return model_hash(registry.locate(name))
